"""Plain builders: each makes one row with believable defaults. A fixed cast plays in every test (see conftest)."""

import hashlib
import io
import math
import struct
import uuid
import wave
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from musicstudio.accounts.models import Role, Team, User
from musicstudio.budgets.models import Cap
from musicstudio.core.money import to_micros
from musicstudio.generation.models import Job
from musicstudio.library.models import Track
from musicstudio.projects.models import Project, Prompt
from musicstudio.providers.models import MusicModel, Price, ProviderKey
from musicstudio.review.models import Round

PASSWORD = "correct horse battery"
GATEWAY_MODEL = "elevenlabs/elevenlabs-music"
SKETCH_MODEL = "sketch/studio-sketch"


def make_user(email: str, name: str = "", password: str | None = PASSWORD) -> User:
    return User.objects.create_user(email, password, name=name)


def make_team(name: str, owner: User, cap: str | None = "50", time_zone: str = "Europe/Madrid") -> Team:
    """A team with a monthly cap in USD; None for no cap."""
    team = Team.objects.found(name, owner, time_zone)
    if cap is not None:
        Cap.objects.set_monthly(team, to_micros(cap), owner)
    return team


def join(team: Team, user: User, role: Role) -> User:
    team.memberships.create(user=user, role=role)
    return user


def make_project(team: Team, name: str = "Aurora spring film") -> Project:
    return Project.objects.open(team, name)


def make_prompt(project: Project, by: User, text: str = "lo-fi piano with light rain", **words: Any) -> Prompt:
    """An unsaved prompt, as the compose form hands it to `Job.objects.submit`."""
    words = {"duration_ms": 15_000, "model_slug": SKETCH_MODEL} | words
    return Prompt(project=project, text=text, created_by=by, **words)


def make_key(team: Team, secret: str = "sk-aig-test-0123456789", by: User | None = None) -> ProviderKey:
    return ProviderKey.objects.add(team, "aigateway", secret, by, label="Studio key")


def gateway_model(usd: str = "0.80", unit: str = "second") -> MusicModel:
    """The gateway's first music model at a price of the test's choice."""
    model = MusicModel.objects.get(slug=GATEWAY_MODEL)
    model.prices.all().delete()
    Price.objects.create(model=model, amount_micros=to_micros(usd), unit=unit, source="test", verified=True)
    return model


def sketch_model() -> MusicModel:
    return MusicModel.objects.get(slug=SKETCH_MODEL)


def make_jobs(project: Project, by: User, takes: int = 1, model: MusicModel | None = None, **words: Any) -> list[Job]:
    """Queued jobs, through the real verb."""
    model = model or sketch_model()
    prompt = make_prompt(project, by, model_slug=model.slug, **words)
    return Job.objects.submit(prompt, takes, model, by)


def make_track(project: Project, by: User, text: str = "lo-fi piano with light rain", take: int = 1, **facts: Any) -> Track:
    """A track row without its file, for lists and pages that do not play it."""
    prompt = facts.pop("prompt", None) or make_prompt(project, by, text)
    if prompt._state.adding:
        prompt.save()
    defaults: dict[str, Any] = {
        "team": project.team,
        "project": project,
        "batch": uuid.uuid4(),
        "take": take,
        "title": text[:60],
        "file": "tracks/none.mp3",
        "format": "mp3",
        "mime": "audio/mpeg",
        "size": 240_000,
        "sha256": "0" * 64,
        "duration_ms": 15_000,
        "sample_rate": 44_100,
        "channels": 2,
        "lufs": -14.0,
        "true_peak_db": -1.2,
        "peaks": bytes(range(0, 200)),
        "model_slug": SKETCH_MODEL,
        "model_name": "Studio Sketch",
        "provider": "sketch",
        "quoted_micros": 0,
        "cost_micros": 0,
        "created_by": by,
        "asked_at": prompt.created_at,
    }
    return Track.objects.add(facts.pop("id", None) or uuid.uuid4(), prompt=prompt, **(defaults | facts))


def make_sound(seconds: float = 2.0, rate: int = 22_050, hertz: float = 220.0) -> bytes:
    """A WAV file: a sine that fades out, 16 bits, one channel."""
    count = int(seconds * rate)
    samples = (math.sin(2 * math.pi * hertz * n / rate) * (1 - n / count) * 0.5 for n in range(count))
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, rate, count, "NONE", ""))
        sound.writeframes(b"".join(struct.pack("<h", int(value * 32_767)) for value in samples))
    return file.getvalue()


def make_sounding_track(project: Project, by: User, seconds: float = 2.0, **facts: Any) -> Track:
    """A track with its file in storage, to be played and downloaded."""
    data = make_sound(seconds)
    name = default_storage.save(f"tracks/{uuid.uuid4()}.wav", ContentFile(data))
    sound = {"file": name, "format": "wav", "mime": "audio/wav", "size": len(data), "sample_rate": 22_050, "channels": 1}
    measured = {"sha256": hashlib.sha256(data).hexdigest(), "duration_ms": round(seconds * 1000)}
    return make_track(project, by, **(sound | measured | facts))


def make_round(tracks: Sequence[Track], owner: User, voters: Sequence[User], **words: Any) -> Round:
    """A blind round until tomorrow in which a second of each take is to be heard."""
    team = tracks[0].team
    places = list(team.memberships.select_related("user").filter(user__in=voters).order_by("pk"))
    usual = {
        "title": "Which opening?",
        "deadline": timezone.now() + timedelta(days=1),
        "min_seconds": 1,
        "reasons": ["Mix", "Melody"],
    }
    return Round.objects.open(team, owner, tracks, places, **(usual | words))
