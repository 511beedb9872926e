"""What the search reads: one text per track (see `fold.py`), and how either database finds letters in it.

PostgreSQL has a GIN index of the text's trigrams (pg_trgm). SQLite has a table of FTS5 with its trigram tokenizer, which
keeps no copy of the text and is kept in step by triggers (https://sqlite.org/fts5.html, sections 4.3.3 and 4.4.3).
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.db import DatabaseError, connections, models, transaction
from django.db.models.expressions import RawSQL

from musicstudio.library.fold import folded

if TYPE_CHECKING:
    from musicstudio.library.models import Track, TrackQuerySet

TABLE, FTS = "library_searchtext", "library_searchtext_fts"
Texts = Callable[[list[uuid.UUID]], Mapping[uuid.UUID, Iterable[str]]]
TEXTS: list[Texts] = []  # further texts by track; rooms that know some put theirs here
AT_ONCE = 500  # tracks written in one statement
NO_EXTENSION = (
    "The search needs PostgreSQL's extension pg_trgm, and this user may not install it. "
    "Let a superuser run CREATE EXTENSION pg_trgm; in this database, then migrate again."
)

# ruff: noqa: S608, S611 (constants only)
INSTALL = {
    "sqlite": [
        f"CREATE VIRTUAL TABLE {FTS} USING "
        f"fts5(text, content='{TABLE}', content_rowid='id', tokenize='trigram case_sensitive 1')",
        f"CREATE TRIGGER {FTS}_insert AFTER INSERT ON {TABLE} BEGIN "
        f"INSERT INTO {FTS}(rowid, text) VALUES (new.id, new.text); END",
        f"CREATE TRIGGER {FTS}_delete AFTER DELETE ON {TABLE} BEGIN "
        f"INSERT INTO {FTS}({FTS}, rowid, text) VALUES ('delete', old.id, old.text); END",
        f"CREATE TRIGGER {FTS}_update AFTER UPDATE OF text ON {TABLE} WHEN new.text <> old.text BEGIN "
        f"INSERT INTO {FTS}({FTS}, rowid, text) VALUES ('delete', old.id, old.text); "
        f"INSERT INTO {FTS}(rowid, text) VALUES (new.id, new.text); END",
    ],
    "postgresql": [f"CREATE INDEX {TABLE}_trigrams ON {TABLE} USING gin (text gin_trgm_ops)"],
}
REMOVE = {
    "sqlite": [*(f"DROP TRIGGER {FTS}_{event}" for event in ("insert", "delete", "update")), f"DROP TABLE {FTS}"],
    "postgresql": [f"DROP INDEX {TABLE}_trigrams"],
}


class SearchTextQuerySet(models.QuerySet["SearchText"]):
    """Finds texts."""

    def containing(self, parts: Iterable[str]) -> "SearchTextQuerySet":
        """Texts that hold every one of the parts (`fold.wanted`), by the index of the database in use."""
        if connections[self.db].vendor == "sqlite":
            match = " AND ".join(f'"{part}"' for part in parts)  # parts hold letters, digits and blanks only
            rows = RawSQL(f"SELECT rowid FROM {FTS} WHERE {FTS} MATCH %s", [match])
            return self.filter(pk__in=rows)
        return self.filter(*(models.Q(text__contains=part) for part in parts))


class SearchText(models.Model):
    """What one track is found by, folded (see `text_of`). Written by `Track.objects.index` only."""

    track = models.OneToOneField("library.Track", models.CASCADE, related_name="search_text")
    text = models.TextField()

    objects = SearchTextQuerySet.as_manager()

    def __str__(self) -> str:
        return self.text[:60]


@transaction.atomic
def index(tracks: "TrackQuerySet") -> int:
    """Writes the texts of these tracks; rows are locked first, so that of two changes at once the second sees both."""
    keys = list(tracks.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    for start in range(0, len(keys), AT_ONCE):
        rows = tracks.model.objects.filter(pk__in=keys[start : start + AT_ONCE]).only("title", "notes", "prompt", "created_by")
        rows = rows.select_related("prompt", "created_by").prefetch_related("tags").order_by()
        more = [read(keys[start : start + AT_ONCE]) for read in TEXTS]
        texts = [
            SearchText(track=track, text=text_of(track, chain.from_iterable(said.get(track.pk, ()) for said in more)))
            for track in rows
        ]
        SearchText.objects.bulk_create(texts, update_conflicts=True, unique_fields=["track"], update_fields=["text"])
    return len(keys)


def text_of(track: "Track", more: Iterable[str] = ()) -> str:
    """Everything the track is found by."""
    tags = [tag.name for tag in track.tags.all()]
    return folded(track.title, *tags, track.created_by.display_name, track.prompt.text, track.prompt.lyrics, track.notes, *more)


def install(apps: Any, schema_editor: Any) -> None:
    """For a migration: the index of the database in use. Raises CommandError where pg_trgm is missing and may not be added."""
    connection = schema_editor.connection
    if connection.vendor == "postgresql":
        provide_trigrams(connection)
    for statement in INSTALL[connection.vendor]:
        schema_editor.execute(statement)


def remove(apps: Any, schema_editor: Any) -> None:
    """For a migration back; the extension stays, others may use it."""
    for statement in REMOVE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def provide_trigrams(connection: Any) -> None:
    """Installs pg_trgm unless it is there. Since PostgreSQL 13 whoever may create in the database may do that."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        if cursor.fetchone():
            return
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError as error:
        raise CommandError(NO_EXTENSION) from error
