"""What the command palette finds: projects, tracks, tags, collections, people and actions of one team."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, Q, QuerySet, Value, When
from django.urls import reverse

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Membership, Role
from musicstudio.library.models import Collection, Tag, Track
from musicstudio.projects.models import Project

MOST = 20
SHARE = {"Projects": 5, "Tracks": 6, "Tags": 4, "Collections": 3, "People": 3, "Actions": 20}  # at most, while words are searched
RECENT = {"Projects": 5, "Tracks": 5, "Actions": 10}  # before anything is typed

# what it is called, its icon, its keys, where it leads or what the page does, and who may
ACTIONS = [
    ("New prompt", "sparkles", "N", "compose", Role.PRODUCER),
    ("Go to the library", "library", "G L", "library", Role.VIEWER),
    ("Go home", "house", "G H", "team", Role.VIEWER),
    ("Go to the queue", "activity", "G Q", "jobs", Role.ADMIN),
    ("Go to the budgets", "wallet", "G B", "budgets", Role.VIEWER),
    ("Rounds", "vote", "G C", "rounds", Role.VIEWER),
    ("All projects", "folder", "", "projects", Role.VIEWER),
    ("All collections", "list-plus", "", "collections", Role.VIEWER),
    ("All tags", "tag", "", "tags", Role.VIEWER),
    ("Archive of tracks", "archive", "", "archive", Role.VIEWER),
    ("Bin", "trash-2", "", "bin", Role.VIEWER),
    ("Notifications", "bell", "", "notices", Role.VIEWER),
    ("Members", "users", "", "members", Role.VIEWER),
    ("New project", "plus", "", "project_new", Role.PRODUCER),
    ("Settings of the team", "settings", "G S", "settings", Role.ADMIN),
    ("Team settings", "settings", "", "team_settings", Role.ADMIN),
    ("Audit log", "history", "", "audit", Role.ADMIN),
    ("Connections and keys", "key-round", "", "connections", Role.ADMIN),
    ("Prices", "scale", "", "prices", Role.ADMIN),
    ("Keyboard shortcuts", "keyboard", "?", "help", Role.VIEWER),
    ("Theme: light", "sun", "", "theme=light", Role.VIEWER),
    ("Theme: dark", "moon", "", "theme=dark", Role.VIEWER),
    ("Theme: as the system", "monitor", "", "theme=system", Role.VIEWER),
    ("Single keys off", "keyboard", "", "keys=off", Role.VIEWER),
    ("Single keys on", "keyboard", "", "keys=on", Role.VIEWER),
    ("Sign out", "log-out", "", "leave", Role.VIEWER),
]
ON_THE_PAGE = {"compose", "help", "leave", "theme=light", "theme=dark", "theme=system", "keys=off", "keys=on"}


@dataclass(frozen=True)
class Item:
    """A line: where it leads (`url`), or what the page does itself (`act`)."""

    label: str
    icon: str
    detail: str = ""
    url: str = ""
    act: str = ""
    keys: tuple[str, ...] = ()
    hue: int | None = None


@dataclass(frozen=True)
class Palette:
    """The lines for what the member has typed; without words, what was new last and the actions."""

    membership: Membership
    q: str = ""

    @property
    def words(self) -> list[str]:
        """At most six, however they are spaced."""
        return self.q[:100].replace("\0", "").split()[:6]

    @property
    def groups(self) -> list[tuple[str, list[Item]]]:
        """Named groups of lines, `MOST` lines together, empty groups left out."""
        found, left = [], MOST
        for name, most in (SHARE if self.words else RECENT).items():
            items = getattr(self, name.lower())(min(most, left))
            left -= len(items)
            found += [(name, items)] if items else []
        return found

    @property
    def count(self) -> int:
        """How many lines there are."""
        return sum(len(items) for _, items in self.groups)

    def having(self, rows: "QuerySet[Any]", field: str, newest: str) -> "QuerySet[Any]":
        """The rows whose field has every word: those that begin with what was typed first, then the newest."""
        wanted = Q()
        for word in self.words:
            wanted &= Q(**{f"{field}__icontains": word})
        begins = Case(When(**{f"{field}__istartswith": " ".join(self.words)}, then=Value(0)), default=Value(1))
        return rows.filter(wanted).order_by(begins, newest) if self.words else rows.order_by(newest)

    def link(self, name: str, *args: object, **query: str) -> str:
        """An address within the team."""
        address = reverse(name, args=[self.membership.team.slug, *args])
        return f"{address}?{urlencode(query)}" if query else address

    def projects(self, most: int) -> list[Item]:
        """The team's projects; the archived ones say so."""
        kept = visible(Project.objects.filter(team=self.membership.team), self.membership)
        rows = self.having(kept if self.words else kept.current(), "name", "-created_at")
        return [
            Item(row.name, "", "archived" if row.archived_at else "", self.link("project", row.slug), hue=row.hue)
            for row in rows[:most]
        ]

    def tracks(self, most: int) -> list[Item]:
        """Tracks by title."""
        tracks = visible(Track.objects.kept().filter(team=self.membership.team), self.membership)
        rows = self.having(tracks, "title", "-asked_at")
        rows = rows.select_related("project").only("title", "take", "project__name", "project__hue")
        return [
            Item(row.title, "music-4", f"take {row.letter} · {row.project.name}", self.link("track", row.pk))
            for row in rows[:most]
        ]

    def tags(self, most: int) -> list[Item]:
        """Tags: they lead to the tracks that have them."""
        rows = self.having(visible(Tag.objects.filter(team=self.membership.team), self.membership), "name", "name")
        return [Item(row.name, "tag", "tag", self.link("library", q=f'tag:"{row.name}"')) for row in rows[:most]]

    def collections(self, most: int) -> list[Item]:
        """The team's collections."""
        rows = self.having(visible(Collection.objects.filter(team=self.membership.team), self.membership), "name", "name")
        return [Item(row.name, "list-plus", "collection", self.link("collection", row.pk)) for row in rows[:most]]

    def people(self, most: int) -> list[Item]:
        """Members: they lead to their tracks."""
        rows = Membership.objects.filter(team=self.membership.team).select_related("user")
        found = self.having(rows, "user__name", "user__name")[:most]
        return [
            Item(row.user.display_name, "users", Role(row.role).label, self.link("library", q=row.user.display_name))
            for row in found
        ]

    def actions(self, most: int) -> list[Item]:
        """What can be done from everywhere, with its keys."""
        may = [entry for entry in ACTIONS if self.membership.may(entry[4])]
        may = [entry for entry in may if entry[3] != "project_new" or self.membership.only is None]
        fits = [entry for entry in may if all(word.lower() in entry[0].lower() for word in self.words)]
        return [self.action(*entry[:4]) for entry in fits[:most]]

    def action(self, label: str, icon: str, keys: str, what: str) -> Item:
        """One of ACTIONS as a line."""
        if what in ON_THE_PAGE:
            return Item(label, icon, act=what, keys=tuple(keys.split()))
        return Item(label, icon, url=self.link(what), keys=tuple(keys.split()))
