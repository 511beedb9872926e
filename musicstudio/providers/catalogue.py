"""The models a new install knows, with the prices their pages list. Read on 2026-11-22; none was verified by a charge.

Seeding only adds what is missing: what an admin changed stays.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from musicstudio.core.money import to_micros
from musicstudio.providers.models import MusicModel, Price, Provider, Unit

LISTED = "AIgateway model page, as listed"
READ_ON = datetime(2026, 4, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Listed:
    """One model page in short. `usd` is the listed price per `unit`; lengths in seconds, limits in characters."""

    slug: str
    name: str
    vendor: str
    description: str
    usd: str
    unit: str = Unit.SECOND
    source: str = LISTED
    seconds: tuple[int, int] = (3, 300)
    prompt_limit: int = 2_000
    lyrics_limit: int = 0
    seed: bool = False
    provider: str = Provider.AIGATEWAY
    terms: str = ""


CATALOGUE = (
    Listed(
        "sketch/studio-sketch",
        "Studio Sketch",
        "musicstudio",
        "Sketch engine: local, rule-based, instrumental. No AI, no key, no cost.",
        "0",
        unit=Unit.FREE,
        source="part of the studio",
        seed=True,
        provider=Provider.SKETCH,
        terms="Made by rule by the studio itself, from no recording and by no AI. No third party's terms apply.",
    ),
    Listed(
        "elevenlabs/elevenlabs-music",
        "ElevenLabs Music",
        "ElevenLabs",
        "Full tracks with or without vocals; reads lyrics.",
        "0.800",
        source=f"{LISTED}: per second; other resellers charge about that much per minute",
        lyrics_limit=3_500,
    ),
    Listed(
        "stability-ai/stable-audio-25-text-to-audio",
        "Stable Audio 2.5",
        "Stability AI",
        "Instrumental music and sound from text, up to about three minutes.",
        "0.200",
        source=f"{LISTED}: per second; Stability itself charges per generation",
        seconds=(3, 190),
    ),
    Listed(
        "ace-step/ace-step-prompt-to-audio",
        "ACE-Step",
        "ACE-Step",
        "Open model for drafts: fast, cheap, sings lyrics.",
        "0.0002",
        seconds=(5, 240),
        lyrics_limit=3_500,
    ),
    Listed("sonauto/v2/text-to-music", "Sonauto v2", "Sonauto", "Whole songs from text.", "0.0013", lyrics_limit=3_500),
    Listed("sonilo/v1.1/text-to-music", "Sonilo 1.1", "Sonilo", "Instrumental music from text.", "0.0025"),
    Listed(
        "sony-ai/mmaudio-v2-text-to-audio", "MMAudio v2", "Sony AI", "Short sound and music beds from text.", "0.0010",
        seconds=(3, 30),
    ),
)  # fmt: skip


# Strengths and what a model is good for, as the vendors' pages say it; shown on the model's page.
GOOD_AT: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sketch/studio-sketch": (
        ("Free, and ready in seconds", "The same seed gives the same piece", "Stems and a score"),
        ("First ideas", "Placeholders", "Beds under a voice"),
    ),
    "elevenlabs/elevenlabs-music": (
        ("Full-track generation", "Lyric-aware composition"),
        ("Background tracks", "Game scores", "Ad jingles"),
    ),
    "stability-ai/stable-audio-25-text-to-audio": (("Sound design and texture", "Up to 190 seconds"), ("Beds", "Ambiences")),
    "ace-step/ace-step-prompt-to-audio": (("Cheap drafts", "Sings lyrics"), ("Many takes of one idea", "Sketching a song")),
    "sonauto/v2/text-to-music": (("Whole songs", "Sings lyrics"), ("Songs",)),
    "sonilo/v1.1/text-to-music": (("Instrumental music",), ("Beds", "Loops")),
    "sony-ai/mmaudio-v2-text-to-audio": (("Short sounds",), ("Stingers", "Effects")),
}


@transaction.atomic
def seed() -> int:
    """Adds the models that are missing, each with its listed price; answers how many were added."""
    known = set(MusicModel.objects.values_list("slug", flat=True))
    for listed in CATALOGUE:
        if listed.terms:
            MusicModel.objects.filter(slug=listed.slug, terms="").update(terms=listed.terms)
    missing = [(place, listed) for place, listed in enumerate(CATALOGUE) if listed.slug not in known]
    for place, listed in missing:
        model = MusicModel.objects.create(
            slug=listed.slug,
            provider=listed.provider,
            name=listed.name,
            vendor=listed.vendor,
            description=listed.description,
            terms=listed.terms,
            min_ms=listed.seconds[0] * 1_000,
            max_ms=listed.seconds[1] * 1_000,
            prompt_limit=listed.prompt_limit,
            lyrics_limit=listed.lyrics_limit,
            formats=["mp3", "wav"],
            takes_seed=listed.seed,
            position=place,
        )
        Price.objects.create(
            model=model,
            amount_micros=to_micros(listed.usd),
            unit=listed.unit,
            source=listed.source,
            verified=listed.unit == Unit.FREE,
            effective_from=READ_ON,
        )
    return len(missing)
