"""The models a team can ask: the catalogue, a comparison of up to three, and a page for each."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from musicstudio.accounts.access import get_team
from musicstudio.accounts.models import Team
from musicstudio.core.money import format_micros
from musicstudio.core.pages import page
from musicstudio.providers.catalogue import GOOD_AT
from musicstudio.providers.connections import Connection
from musicstudio.providers.models import MusicModel, NoPrice, Provider, ProviderKey, Unit
from musicstudio.web.model_numbers import Numbers, numbers_of

COMPARED = 3
EXAMPLES = (15, 60, 180)  # seconds
LENGTHS = ("60", "120", "180", "240", "300")
FILTERS = (
    ("free", "Free"),
    ("sings", "Sings lyrics"),
    ("seed", "Takes a seed"),
    ("verified", "Verified price"),
    ("usable", "Ready to use"),
)


@dataclass
class Shown:
    """A model with what the team knows about it."""

    model: MusicModel
    usable: bool
    numbers: Numbers

    @property
    def sings(self) -> bool:
        """Whether it takes lyrics."""
        return self.model.lyrics_limit > 0

    @property
    def strengths(self) -> tuple[str, ...]:
        """As its vendor says."""
        return GOOD_AT.get(self.model.slug, ((), ()))[0]

    @property
    def uses(self) -> tuple[str, ...]:
        """What it is good for, as its vendor says."""
        return GOOD_AT.get(self.model.slug, ((), ()))[1]

    def fits(self, wanted: Mapping[str, str]) -> bool:
        """Whether it passes the filters of the address."""
        price = self.model.price
        has = {
            "free": price is not None and price.unit == Unit.FREE,
            "sings": self.sings,
            "seed": self.model.takes_seed,
            "verified": price is not None and price.verified,
            "usable": self.usable,
        }
        vendor, longest = wanted.get("vendor", ""), wanted.get("longest", "")
        long_enough = not longest.isdigit() or self.model.max_ms >= int(longest) * 1_000
        return all(has[name] for name in has if name in wanted) and vendor in {"", self.model.vendor} and long_enough


def catalogue(team: Team) -> list[Shown]:
    """Every model that may be asked."""
    keyed = set(ProviderKey.objects.usable(team).values_list("provider", flat=True))
    numbers = numbers_of(team)
    models = MusicModel.objects.enabled().priced(team)
    return [Shown(one, not one.needs_key or one.provider in keyed, numbers.get(one.slug, Numbers())) for one in models]


@require_GET
@login_required
def models(request: HttpRequest, team: str) -> HttpResponse:
    """The catalogue under the filters of the address; `compare` up to three times puts those side by side."""
    place = get_team(request, team)
    every = catalogue(place)
    picked = request.GET.getlist("compare")[:COMPARED]
    shown = {"team": place, "models": [one for one in every if one.fits(request.GET.dict())], "all": len(every)}
    shown |= {"compared": [one for one in every if one.model.slug in picked], "picked": picked, "filters": FILTERS}
    shown |= {"vendors": sorted({one.model.vendor for one in every}), "wanted": request.GET, "lengths": LENGTHS, "here": "models"}
    return page(request, "web/models.html", shown)


@require_GET
@login_required
def model(request: HttpRequest, team: str, slug: str) -> HttpResponse:
    """Everything about one model, with the team's own numbers."""
    place = get_team(request, team)
    found = get_object_or_404(MusicModel.objects.enabled(), slug=slug)
    every = catalogue(place)
    one = next(shown for shown in every if shown.model == found)
    context = {"team": place, "one": one, "model": one.model, "ranked": sorted(every, key=rank), "here": "models"}
    context |= {"examples": examples(place, one.model), "connection": Connection.objects.of(place, found.provider)}
    context |= {"more": [other for other in every if other.model.vendor == found.vendor and other.model != found]}
    return page(request, "web/model.html", context | snippets(request, one.model))


def rank(one: Shown) -> tuple[int, str]:
    """The most used first, those never used last."""
    return (one.numbers.rank or 10_000, one.model.name)


def examples(team: Team, model: MusicModel) -> list[tuple[int, str]]:
    """What a take of some lengths costs this team, with its fee; the lengths the model can make."""
    connection, found = Connection.objects.of(team, model.provider), []
    for seconds in EXAMPLES:
        if model.min_ms <= seconds * 1_000 <= model.max_ms:
            try:
                quote = model.quote(seconds * 1_000, connection)
            except NoPrice:
                continue
            found.append((seconds, "free" if not quote.amount_micros else format_micros(quote.amount_micros)))
    return found


def snippets(request: HttpRequest, model: MusicModel) -> dict[str, str]:
    """How to call it here, in three languages, and what comes back."""
    base = f"{request.scheme}://{request.get_host()}"
    body = {"model": model.slug, "prompt": "lo-fi piano with light rain", "duration": max(15, model.min_ms // 1_000)}
    said = json.dumps(body, ensure_ascii=False)
    curl = f'curl {base}/v1/audio/music \\\n  -H "Authorization: Bearer $STUDIO_TOKEN" \\\n'
    curl += f"  -H \"Content-Type: application/json\" \\\n  -d '{said}'"
    python = (
        "import os\nfrom aigateway import AIgateway\n\n"
        f'client = AIgateway(os.environ["STUDIO_TOKEN"], base_url="{base}", media_base_url="{base}")\n'
        f'job = client.jobs.create_music(model="{model.slug}", prompt="{body["prompt"]}", duration={body["duration"]})\n'
        "done = client.jobs.wait(job.id)\n"
        'audio = client.files.download(job.id, done.result["filename"])'
    )
    script = (
        f'const asked = await fetch("{base}/v1/audio/music", {{\n  method: "POST",\n'
        '  headers: { Authorization: `Bearer ${process.env.STUDIO_TOKEN}`, "Content-Type": "application/json" },\n'
        f"  body: JSON.stringify({said}),\n}});\nconst job = await asked.json();  // read /v1/jobs/${{job.id}} every 3 s"
    )
    return {"curl": curl, "python": python, "javascript": script, "base": base, "local": str(Provider.SKETCH)}
