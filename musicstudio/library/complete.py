"""Completions of the word under way in the search line."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import User
from musicstudio.library.collections import Collection
from musicstudio.library.filters import Reader
from musicstudio.library.models import Track
from musicstudio.library.search import KEYED, LONGEST, OPERATORS, QUOTES, TOKEN, spelled
from musicstudio.library.tags import Tag
from musicstudio.projects.models import Project
from musicstudio.providers.models import MusicModel

MOST = 8
RECENT = 300  # newest titles that are looked through


@dataclass(frozen=True)
class Completion:
    """`line` is the whole search line when it is taken; `text` is shown, `note` says what it is."""

    line: str
    text: str
    note: str = ""


def completions(reader: Reader, line: str, project: Project | None = None) -> list[Completion]:
    """At most eight ways to go on with the last word of the line."""
    line = line[:LONGEST].translate(QUOTES)
    tokens = TOKEN.findall(line)
    word = tokens[-1] if tokens and not line[-1].isspace() else ""
    before = line[: len(line) - len(word)]
    minus = "-" if word.startswith("-") else ""
    keyed = KEYED.fullmatch(word[len(minus) :])
    if keyed:
        found = of_operator(reader, keyed[1].lower(), keyed[2])
    elif word[len(minus) :]:
        found = of_word(reader, word[len(minus) :].strip('"').lower(), project)
    else:
        found = [(f"{key}:", operator.hint) for key, operator in OPERATORS.items()]
    unique = dict(found)
    return [Completion(f"{before}{minus}{text}", f"{minus}{text}", note) for text, note in unique.items()][:MOST]


def of_operator(reader: Reader, key: str, typed: str) -> list[tuple[str, str]]:
    """Values behind the colon; the last one of several with commas."""
    if key not in OPERATORS:
        return []
    earlier, _, last = typed.rpartition(",")
    wanted, operator = last.strip('" ').lower(), OPERATORS[key]
    names = operator.choices or names_of(reader, key, wanted)
    values = [name for name in names if wanted in name.lower()]
    prefix = f"{key}:{earlier}," if earlier else ""
    found = [(prefix + spelled("", value)[1:] if prefix else spelled(key, value), operator.label) for value in values]
    return found or ([(f"{key}:", operator.hint)] if not typed else [])


def names_of(reader: Reader, key: str, wanted: str) -> Iterable[str]:
    """What the team calls its things of that kind, the fitting ones."""
    if key == "tag":
        tags = visible(Tag.objects.filter(team=reader.team, name__icontains=wanted), reader.team)
        return tags.values_list("name", flat=True)[:MOST]
    if key == "project":
        projects = visible(Project.objects.filter(team=reader.team, name__icontains=wanted), reader.team)
        return projects.values_list("name", flat=True)[:MOST]
    if key == "model":
        return MusicModel.objects.filter(name__icontains=wanted).values_list("name", flat=True)[:MOST]
    if key == "collection":
        collections = visible(Collection.objects.filter(team=reader.team, name__icontains=wanted), reader.team)
        return collections.values_list("name", flat=True)[:MOST]
    if key == "by":
        people = User.objects.filter(Q(name__icontains=wanted) | Q(name="", email__icontains=wanted), teams=reader.team)
        people = people.order_by("name", "email")
        return ["me", *(person.name or person.email for person in people[:MOST])]
    return ["none"] if key in {"rating", "mine"} else ()


def of_word(reader: Reader, word: str, project: Project | None) -> list[tuple[str, str]]:
    """Operators that begin so, the team's tags and people with it, states, and titles of new tracks."""
    found = [(f"{key}:", operator.hint) for key, operator in OPERATORS.items() if key.startswith(word)]
    found += [(f"status:{state}", "Status") for state in OPERATORS["status"].choices if state.startswith(word)]
    found += [(spelled("tag", name), "Tag") for name in list(names_of(reader, "tag", word))[:3]]
    found += [(spelled("by", name), "Author") for name in list(names_of(reader, "by", word))[1:3]]
    found += [(spelled("model", name), "Model") for name in list(names_of(reader, "model", word))[:2]]
    if len(word) > 1:
        scope = visible(Track.objects.kept().filter(Q(project=project) if project else Q(team=reader.team)), reader.team)
        titles = scope.order_by("-asked_at").values_list("title", flat=True)[:RECENT]
        hits = [title for title in dict.fromkeys(titles) if word in title.lower() and '"' not in title]
        found += [(f'"{title}"', "Title") for title in hits[:3]]
    return found
