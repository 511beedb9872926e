"""What the catalogue and the model pages show: models under filters, with prices, examples, code, and the team's numbers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings

from musicstudio.accounts.models import Team
from musicstudio.core.money import format_micros, to_micros
from musicstudio.generation.contract import ERRORS, FAILED, completed, queued
from musicstudio.generation.schema import in_words, parameters
from musicstudio.generation.submit import MAX_TAKES
from musicstudio.providers.catalogue import GOOD_AT
from musicstudio.providers.connections import Connection
from musicstudio.providers.models import MusicModel, NoPrice, Provider, ProviderKey, Unit
from musicstudio.web.model_numbers import Numbers, numbers_of

EXAMPLES = (15, 60, 180)  # seconds
LENGTHS = ("60", "120", "180", "240", "300")
BUDGETS = ("0.05", "0.50", "5", "50")  # US dollars for a minute
FILTERS = (
    ("free", "Free"),
    ("sings", "Sings lyrics"),
    ("instrumental", "Instrumental only"),
    ("seed", "Takes a seed"),
    ("verified", "Verified price"),
    ("usable", "Ready to use"),
)
FORMATS = ("mp3", "wav")
COLLECTIONS = (
    ("", "All music models"),
    ("free=1", "Free models"),
    ("verified=1", "Verified price"),
    ("sings=1", "Models that sing"),
)
MINUTE = 60_000
PROMPT = "lo-fi piano with light rain"


@dataclass
class Shown:
    """A model with what the team knows about it. `why_not`: why it cannot be asked here and who can change that."""

    model: MusicModel
    usable: bool = True
    numbers: Numbers = field(default_factory=Numbers)
    why_not: str = ""
    minute_micros: int | None = None

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

    @property
    def is_free(self) -> bool:
        """Whether it costs nothing."""
        return self.model.price is not None and self.model.price.unit == Unit.FREE

    def fits(self, wanted: Mapping[str, str]) -> bool:
        """Whether it passes the filters of the address."""
        price = self.model.price
        has = {"free": self.is_free, "sings": self.sings, "instrumental": not self.sings, "seed": self.model.takes_seed}
        has |= {"verified": price is not None and price.verified, "usable": self.usable}
        longest, most, file = wanted.get("longest", ""), wanted.get("price", ""), wanted.get("format", "")
        long_enough = not longest.isdigit() or self.model.max_ms >= int(longest) * 1_000
        cheap = most not in BUDGETS or (self.minute_micros is not None and self.minute_micros <= to_micros(most))
        of_vendor = wanted.get("vendor", "") in {"", self.model.vendor}
        makes = file not in FORMATS or file in self.model.formats
        return all(has[name] for name in has if name in wanted) and of_vendor and long_enough and cheap and makes


def minute(model: MusicModel) -> int | None:
    """What a minute, or the nearest length it makes, is quoted at, in micros and without a fee; None without a price."""
    price = model.price
    return price.quote(model, min(max(MINUTE, model.min_ms), model.max_ms)).amount_micros if price else None


def catalogue(team: Team) -> list[Shown]:
    """Every model of the install, as the team may use it."""
    keyed = set(ProviderKey.objects.usable(team).values_list("provider", flat=True))
    numbers, found = numbers_of(team), []
    for model in MusicModel.objects.enabled().judged(team).priced(team):
        why = model.words_of_bar(model.bar, team)
        if not why and model.needs_key and model.provider not in keyed:
            why = f"The team has no key for {model.get_provider_display()}. An owner or admin can add one under Connections."
        if not why and model.price is None:
            why = "No price is known, so it cannot run. An owner or admin can enter one."
        found.append(Shown(model, not why, numbers.get(model.slug, Numbers()), why, minute(model)))
    return found


def listed() -> list[Shown]:
    """Every model of the install, for people who are not signed in: nothing of any team."""
    return [Shown(model, minute_micros=minute(model)) for model in MusicModel.objects.enabled().priced()]


def rank(one: Shown) -> tuple[int, str]:
    """The most used first, those never used last."""
    return (one.numbers.rank or 10_000, one.model.name)


def examples(team: Team | None, model: MusicModel) -> list[tuple[int, str]]:
    """What a take of three lengths costs, with the team's fee; the lengths the model can make."""
    connection, found = Connection.objects.of(team, model.provider) if team else None, []
    lengths = [seconds for seconds in EXAMPLES if model.min_ms <= seconds * 1_000 <= model.max_ms]
    lengths += [seconds for seconds in (model.max_ms // 1_000, model.max_ms // 2_000) if len(lengths) < len(EXAMPLES)]
    for seconds in sorted(set(lengths))[: len(EXAMPLES)]:
        try:
            quote = model.quote(seconds * 1_000, connection)
        except NoPrice:
            continue
        found.append((seconds, "free" if not quote.amount_micros else format_micros(quote.amount_micros)))
    return found


def about(model: MusicModel, base: str) -> dict[str, object]:
    """What is the same for everybody: parameters, code, answers, errors, limits."""
    schema = parameters(model)
    rows = [in_words(name, said, name in schema["required"]) for name, said in schema["properties"].items()]
    before, after = queued(model.slug), completed(model.slug, base)
    return {
        "parameters": rows,
        "before": json.dumps(before, indent=2, ensure_ascii=False),
        "after": json.dumps(after, indent=2, ensure_ascii=False),
        "errors": [*ERRORS, FAILED],
        "per_minute": settings.API_REQUESTS_PER_MINUTE,
        "max_takes": MAX_TAKES,
        "base": base,
        "local": str(Provider.SKETCH),
        "snippets": snippets(model, base),
    }


def snippets(model: MusicModel, base: str) -> list[tuple[str, str]]:
    """How to call it here, in three languages: ask, wait, save the file."""
    seconds = min(max(15, -(-model.min_ms // 1_000)), model.max_ms // 1_000)
    said = json.dumps({"model": model.slug, "prompt": PROMPT, "duration": seconds}, ensure_ascii=False)
    curl = f'curl {base}/v1/audio/music \\\n  -H "Authorization: Bearer $STUDIO_TOKEN" \\\n'
    curl += f"  -H \"Content-Type: application/json\" \\\n  -d '{said}'\n\n"
    curl += "# follow the job by its id, every 3 seconds, until status is completed; then fetch result.url\n"
    curl += f'curl {base}/v1/jobs/JOB_ID -H "Authorization: Bearer $STUDIO_TOKEN"'
    python = (
        "import os\nfrom aigateway import AIgateway  # pip install aigateway-py\n\n"
        f'client = AIgateway(os.environ["STUDIO_TOKEN"], base_url="{base}", media_base_url="{base}")\n'
        f'job = client.jobs.create_music(model="{model.slug}", prompt="{PROMPT}", duration={seconds})\n'
        "done = client.jobs.wait(job.id)\n"
        'audio = client.files.download(job.id, done.result["filename"])\n'
        'open(done.result["filename"], "wb").write(audio)'
    )
    script = (
        'import { writeFile } from "node:fs/promises";\n\n'
        'const headers = { Authorization: `Bearer ${process.env.STUDIO_TOKEN}`, "Content-Type": "application/json" };\n'
        f'const asked = await fetch("{base}/v1/audio/music", {{\n  method: "POST", headers,\n'
        f"  body: JSON.stringify({said}),\n}});\nlet job = await asked.json();\n"
        'while (["queued", "processing"].includes(job.status)) {\n'
        "  await new Promise(resolve => setTimeout(resolve, 3000));\n"
        f"  job = await (await fetch(`{base}/v1/jobs/${{job.id}}`, {{ headers }})).json();\n}}\n"
        "const audio = await fetch(job.result.url, { headers });\n"
        "await writeFile(job.result.filename, Buffer.from(await audio.arrayBuffer()));"
    )
    return [("curl", curl), ("Python", python), ("JavaScript", script)]
