"""Handing tracks over: a ZIP with the originals and a manifest that a person and a spreadsheet can read. No prices.

The archive is written while it is sent: originals are stored as they are, in chunks, and the manifest comes last, so it knows
which files were missing.
"""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, cast

from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.utils import timezone

from musicstudio.accounts.models import Team
from musicstudio.core.media import CHUNK
from musicstudio.core.sheets import harmless, row_of
from musicstudio.library.models import Status, Track, TrackQuerySet

MOST = 2 * 1024**3  # bytes; a browser and a mail room take that much
COLUMNS = (
    *("file", "title", "take", "project", "status", "tags", "author", "date", "prompt", "model", "seed"),
    *("seconds", "LUFS", "true peak dBTP", "tempo bpm", "format", "sha256", "note"),
    *("approved by", "use", "territory", "term"),
)


class Sink:
    """What the archive writes to: a file that only grows and is emptied again and again."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def write(self, data: bytes) -> int:
        """Keeps the bytes until they are taken."""
        self.waiting += data
        return len(data)

    def flush(self) -> None:
        """Nothing to do."""

    def take(self) -> bytes:
        """What was written since the last time."""
        data, self.waiting = bytes(self.waiting), bytearray()
        return data


@dataclass
class Parcel:
    """Some tracks to be handed over. `name` becomes the file's name; `ordered` numbers the files, as in a collection."""

    team: Team
    tracks: TrackQuerySet
    name: str
    ordered: bool = False
    missing: list[Track] = field(default_factory=list)

    def check(self) -> None:
        """Raises ValidationError when there is nothing, or too much for one archive."""
        size = self.tracks.order_by().aggregate(size=Sum("size"))["size"]
        if not size:
            raise ValidationError("There is no track to download.")
        if size > MOST:
            mine, most = size / 1024**3, MOST // 1024**3
            raise ValidationError(f"These files are {mine:.1f} GB; one ZIP takes {most} GB. Select fewer tracks.")

    @property
    def filename(self) -> str:
        """`Aurora spring film 2026-11-22.zip`."""
        return f"{folder(self.name)} {timezone.localtime(timezone=self.team.zone):%Y-%m-%d}.zip"

    def stream(self) -> Iterator[bytes]:
        """The archive's bytes."""
        sink, lines = Sink(), list[tuple[Track, str]]()
        with zipfile.ZipFile(cast("IO[bytes]", sink), "w", zipfile.ZIP_STORED) as archive:
            rows = list(self.tracks.select_related("prompt", "project", "created_by").prefetch_related("tags", "approvals__by"))
            for number, track in enumerate(rows, 1):
                name = self.place(track, number, len(rows))
                lines.append((track, name))
                for _ in self.pack(archive, track, name):
                    yield sink.take()
            archive.writestr(stamped("manifest.csv", self.team), self.table(lines))
            archive.writestr(stamped("manifest.txt", self.team), self.letter(lines))
        yield sink.take()

    def pack(self, archive: zipfile.ZipFile, track: Track, name: str) -> Iterator[None]:
        """Writes one original; a file that cannot be opened is noted as missing."""
        try:
            source = track.file.open("rb")
        except (OSError, ValueError):
            self.missing.append(track)
            return
        with source, archive.open(stamped(name, self.team), "w", force_zip64=True) as target:
            while block := source.read(CHUNK * 16):
                target.write(block)
                yield

    def place(self, track: Track, number: int, count: int) -> str:
        """Where the file lies in the archive: `Aurora spring film/Glasshouse B 1a2b3c4d.wav`, or `01 Glasshouse …`."""
        if self.ordered:
            return f"{number:0{max(2, len(str(count)))}d} {track.filename}"
        return f"{folder(track.project.name)}/{track.filename}"

    def cells(self, track: Track, name: str) -> list[object]:
        """A track as the columns say."""
        at = track.asked_at.astimezone(self.team.zone).isoformat(" ", "seconds")
        said = [name, track.title, track.letter, track.project.name, track.get_status_display()]
        said += [", ".join(tag.name for tag in track.tags.all()), track.created_by.display_name]
        model = f"{track.model_name} ({track.model_slug})"
        facts = ["" if track.seed is None else track.seed, track.seconds, tenth(track.lufs), tenth(track.true_peak_db)]
        facts += [tenth(track.tempo_bpm), track.format.upper(), track.sha256]
        note = "The file is missing in the studio." if track in self.missing else ""
        return [*map(harmless, said), at, harmless(track.prompt.text), harmless(model), *facts, note, *self.approved(track)]

    def approved(self, track: Track) -> list[str]:
        """Who approved it, and for what use, territory and term; each only once."""
        rows = [row for row in track.approvals.all() if row.ended_at is None and track.status == Status.APPROVED]
        columns = [[row.by.display_name for row in rows], *([row.terms[n] for row in rows] for n in range(3))]
        return [harmless("; ".join(dict.fromkeys(filter(None, column)))) for column in columns]

    def table(self, lines: Sequence[tuple[Track, str]]) -> bytes:
        """The manifest for a spreadsheet; the mark in front tells it the encoding."""
        rows = [row_of(COLUMNS), *(row_of(self.cells(track, name)) for track, name in lines)]
        return "".join(rows).encode("utf-8-sig")

    def letter(self, lines: Sequence[tuple[Track, str]]) -> bytes:
        """The manifest for a person."""
        at = timezone.localtime(timezone=self.team.zone)
        text = [f"{self.name}", f"{self.team.name}, {at:%d %B %Y, %H:%M %Z}", f"{len(lines)} tracks", ""]
        for track, name in lines:
            cells = dict(zip(COLUMNS, self.cells(track, name), strict=True))
            text += [str(cells.pop("file")), *(f"  {title}: {value}" for title, value in cells.items() if value != ""), ""]
        return "\n".join(text).encode()


def stamped(name: str, team: Team) -> zipfile.ZipInfo:
    """An entry dated now in the team's zone, readable by everybody."""
    entry = zipfile.ZipInfo(name, timezone.localtime(timezone=team.zone).timetuple()[:6])
    entry.external_attr = 0o644 << 16
    return entry


def folder(name: str) -> str:
    """Letters, digits, blanks and dashes; the rest becomes _."""
    return "".join(letter if letter.isalnum() or letter in " -_" else "_" for letter in name).strip(" _") or "tracks"


def tenth(number: float | None) -> str:
    """`-14.0`, or nothing."""
    return "" if number is None else f"{number:.1f}"
