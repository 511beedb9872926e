"""What a person does to one track or to many at once: each act with the role it needs and the way back.

An act gets locked rows and the words of the form; it answers what it says, the tracks it touched and the facts with which its
way back restores exactly what was there. Where somebody changed a track again in between, the way back leaves it alone.
"""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Role, Team, User
from musicstudio.library.collections import Collection, CollectionItem
from musicstudio.library.decide import decide, decide_back, withdraw
from musicstudio.library.done import Act, Done, named
from musicstudio.library.judgement import Favourite, Rating
from musicstudio.library.models import Track
from musicstudio.library.tags import Tag
from musicstudio.library.undo import WAYS, Undo, Way
from musicstudio.projects.models import Project

MOST = 1000  # tracks at once
INDEXED = {"rename", "note", "tag", "untag"}  # change what the search finds a track by
Tagged = Track.tags.through


@transaction.atomic
def perform(act: str, team: Team, chosen: Sequence[uuid.UUID], by: User, words: QueryDict) -> Done:
    """Does it to the team's tracks of these ids, in this order, and notes the way back.

    Raises ValidationError when the words make no sense, KeyError for an unknown act.
    """
    verb, wanted = ACTS[act], list(dict.fromkeys(chosen))
    if len(wanted) > MOST:
        raise ValidationError(f"That is {len(wanted):,} tracks; {MOST:,} is the most at once. Narrow the list first.")
    locked = Track.objects.select_for_update(of=("self",)).select_related("team", "project").filter(team=team, pk__in=wanted)
    rows = visible(locked, team).in_bulk()
    found = [rows[pk] for pk in wanted if pk in rows]
    for track in found:
        track.team = team  # as the person sees it
    usable = [track for track in found if track.deleted_at is None or act == "restore"]
    done = verb.do(usable, by, words)
    done.failed += [(str(track), "is in the bin") for track in found if track not in usable]
    if gone := len(wanted) - len(found):
        done.failed.append((f"{gone} track{'s' * (gone > 1)}", "no longer here"))
    if done.tracks and act in INDEXED:
        Track.objects.index([track.pk for track in done.tracks])
    if done.tracks:
        done.undo = Undo.objects.create(team=team, by=by, act=act, facts=done.facts)
    return done


# plain fields: move, archive, delete, rename, note


def plain(value: Any) -> Any:
    """A field's value as JSON holds it."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def change(tracks: Sequence[Track], **now: Any) -> Any:
    """Sets the columns on all tracks; answers the facts to put back."""
    facts = [[track.pk.hex, {name: plain(getattr(track, name)) for name in now}] for track in tracks]
    Track.objects.filter(pk__in=[track.pk for track in tracks]).update(**now)
    return {"was": facts, "now": {name: plain(value) for name, value in now.items()}}


def change_back(facts: Any, team: Team, by: User) -> int:
    """Restores the columns of tracks that still are as the act left them."""
    was, now = dict(facts["was"]), facts["now"]
    rows = Track.objects.select_for_update().filter(team=team, pk__in=was)
    same = [track for track in rows if {name: plain(getattr(track, name)) for name in now} == now]
    for track in same:
        for name, value in was[track.pk.hex].items():
            column: Any = Track._meta.get_field(name.removesuffix("_id"))
            setattr(track, name, column.to_python(value) if value else value)
    Track.objects.bulk_update(same, [name.removesuffix("_id") for name in now])
    if {"title", "notes"} & set(now):
        Track.objects.index([track.pk for track in same])
    return len(was) - len(same)


def move(tracks: Sequence[Track], by: User, words: QueryDict) -> Done:
    """Into another project of the team: `name`, its slug."""
    team = tracks[0].team if tracks else None
    project = visible(Project.objects.filter(team=team, slug=words.get("name", "")), team).first() if team else None
    if project is None:
        raise ValidationError("Choose a project.")
    moving = [track for track in tracks if track.project_id != project.pk]
    return Done(f"{named(moving)} moved to {project.name}", moving, change(moving, project_id=project.pk))


def archive(tracks: Sequence[Track], by: User, words: QueryDict) -> Done:
    """Out of the lists, kept for good."""
    moving = [track for track in tracks if track.archived_at is None]
    return Done(f"{named(moving)} archived", moving, change(moving, archived_at=timezone.now()))


def unarchive(tracks: Sequence[Track], by: User, words: QueryDict) -> Done:
    """Back into the lists."""
    moving = [track for track in tracks if track.archived_at is not None]
    return Done(f"{named(moving)} back from the archive", moving, change(moving, archived_at=None))


def delete(tracks: Sequence[Track], by: User, words: QueryDict) -> Done:
    """Into the bin."""
    return Done(f"{named(tracks)} in the bin", list(tracks), change(tracks, deleted_at=timezone.now(), deleted_by_id=by.pk))


def restore(tracks: Sequence[Track], by: User, words: QueryDict) -> Done:
    """Out of the bin."""
    moving = [track for track in tracks if track.deleted_at is not None]
    return Done(f"{named(moving)} restored", moving, change(moving, deleted_at=None, deleted_by_id=None))


def rename(tracks: Sequence[Track], by: User, words: QueryDict) -> Done:
    """A new `title`; takes of one request may share theirs."""
    title = Track.titled(words.get("title", ""))
    moving = [track for track in tracks if track.title != title]
    return Done(f"Renamed to {title}", moving, change(moving, title=title))


def note(tracks: Sequence[Track], by: User, words: QueryDict) -> Done:
    """Other `notes`. With `since`, when the person read them: refused if somebody has changed them after that."""
    text, since = Track.noted(words.get("notes", "")), words.get("since")
    for track in tracks:
        if since is not None and since != (track.notes_at.isoformat() if track.notes_at else "") and track.notes != text:
            who = track.notes_by.display_name if track.notes_by else "Somebody"
            raise ValidationError(f"{who} has changed the notes in the meantime. Yours are still in the field, theirs above it.")
    moving = [track for track in tracks if track.notes != text]
    facts = change(moving, notes=text, notes_by_id=by.pk, notes_at=timezone.now())
    return Done(f"Notes of {named(moving or tracks)} {'kept' if text else 'removed'}", moving, facts)


# each person's own


def rate(tracks: Sequence[Track], by: User, words: QueryDict) -> Done:
    """The person's own `stars`; 0 takes them away."""
    stars = words.get("stars", "")
    if stars not in {"0", "1", "2", "3", "4", "5"}:
        raise ValidationError("Choose 1 to 5 stars, or 0 for none.")
    old = stars_by(by, tracks)
    moving = [track for track in tracks if old.get(track.pk, 0) != int(stars)]
    set_stars(by, {track.pk: int(stars) for track in moving})
    said = f"{named(moving)}: {stars} star{'s' * (stars != '1')}" if stars != "0" else f"{named(moving)}: no stars"
    return Done(said, moving, [[track.pk.hex, old.get(track.pk, 0), int(stars)] for track in moving])


def rate_back(facts: Any, team: Team, by: User) -> int:
    """The stars from before, where they still are what the act set."""
    tracks = Track.objects.filter(team=team).in_bulk([pk for pk, _, _ in facts])
    now = stars_by(by, tracks.values())
    same = {uuid.UUID(pk): was for pk, was, new in facts if uuid.UUID(pk) in tracks and now.get(uuid.UUID(pk), 0) == new}
    set_stars(by, same)
    return len(facts) - len(same)


def stars_by(user: User, tracks: Iterable[Track]) -> dict[uuid.UUID, int]:
    """The person's own stars by track."""
    return dict(Rating.objects.filter(user=user, track__in=[track.pk for track in tracks]).values_list("track", "stars"))


def set_stars(user: User, stars: dict[uuid.UUID, int]) -> None:
    """Writes the person's stars; 0 removes them."""
    Rating.objects.filter(user=user, track__in=[pk for pk, number in stars.items() if not number]).delete()
    rows = [Rating(track_id=pk, user=user, stars=number) for pk, number in stars.items() if number]
    Rating.objects.bulk_create(rows, update_conflicts=True, unique_fields=["track", "user"], update_fields=["stars", "at"])


def favourite(tracks: Sequence[Track], by: User, words: QueryDict) -> Done:
    """Adds those that are missing; when all are favourites already, they are taken off."""
    mine = set(Favourite.objects.filter(user=by, track__in=[track.pk for track in tracks]).values_list("track", flat=True))
    adding = len(mine) < len(tracks)
    moving = [track for track in tracks if (track.pk in mine) != adding]
    set_favourites(by, [track.pk for track in moving], adding)
    said = f"{named(moving)} {'is' if len(moving) == 1 else 'are'} {'now' if adding else 'no longer'} among your favourites"
    return Done(said, moving, {"tracks": [track.pk.hex for track in moving], "added": adding})


def favourite_back(facts: Any, team: Team, by: User) -> int:
    """The other way round."""
    here = list(Track.objects.filter(team=team, pk__in=facts["tracks"]).values_list("pk", flat=True))
    set_favourites(by, here, not facts["added"])
    return len(facts["tracks"]) - len(here)


def set_favourites(user: User, tracks: Sequence[uuid.UUID], wanted: bool) -> None:
    """Adds them to the person's favourites, or takes them off."""
    if wanted:
        Favourite.objects.bulk_create([Favourite(track_id=pk, user=user) for pk in tracks], ignore_conflicts=True)
    else:
        Favourite.objects.filter(user=user, track__in=tracks).delete()


# words and collections


def tag(tracks: Sequence[Track], by: User, words: QueryDict) -> Done:
    """Adds the team's tag `name`, made when the vocabulary lacks it."""
    if not tracks:
        return Done("", [], {})
    known = set(Tag.objects.filter(team=tracks[0].team_id).values_list("pk", flat=True))
    word = Tag.objects.named(tracks[0].team, words.get("name", ""))
    has = set(Tagged.objects.filter(tag=word, track__in=[track.pk for track in tracks]).values_list("track_id", flat=True))
    moving = [track for track in tracks if track.pk not in has]
    Tagged.objects.bulk_create([Tagged(tag=word, track=track) for track in moving], ignore_conflicts=True)
    facts = {"tag": word.pk, "new": word.pk not in known, "tracks": [track.pk.hex for track in moving]}
    return Done(f"{named(moving)} tagged {word.name}", moving, facts)


def tag_back(facts: Any, team: Team, by: User) -> int:
    """Off again; a word made for it goes too when nothing else has it."""
    Tagged.objects.filter(tag__team=team, tag=facts["tag"], track__in=facts["tracks"]).delete()
    if facts["new"]:
        Tag.objects.filter(team=team, pk=facts["tag"], tracks=None).delete()
    Track.objects.filter(team=team).index(facts["tracks"])
    return 0


def untag(tracks: Sequence[Track], by: User, words: QueryDict) -> Done:
    """Takes the tag `name` off; the team keeps the word."""
    pairs = Tagged.objects.filter(tag__name__iexact=words.get("name", ""), track__in=[track.pk for track in tracks])
    tags = dict(pairs.values_list("track_id", "tag_id"))
    moving = [track for track in tracks if track.pk in tags]
    pairs.delete()
    facts = [[track.pk.hex, tags[track.pk]] for track in moving]
    return Done(f"{words.get('name', '')} taken off {named(moving)}", moving, facts)


def untag_back(facts: Any, team: Team, by: User) -> int:
    """On again, where track and word still exist."""
    tracks = Track.objects.filter(team=team).in_bulk([pk for pk, _ in facts])
    tags = Tag.objects.filter(team=team).in_bulk({tag for _, tag in facts})
    pairs = [(tracks.get(uuid.UUID(pk)), tags.get(tag)) for pk, tag in facts]
    rows = [Tagged(track=track, tag=word) for track, word in pairs if track and word]
    Tagged.objects.bulk_create(rows, ignore_conflicts=True)
    Track.objects.index(tracks)
    return len(facts) - len(rows)


def collect(tracks: Sequence[Track], by: User, words: QueryDict) -> Done:
    """To the end of the team's collection `name`, made when there is none."""
    if not tracks:
        return Done("", [], {})
    collection, made = Collection.objects.named(tracks[0].team, words.get("name", ""), by)
    moving = collection.append(tracks)
    facts = {"collection": collection.pk, "new": made, "tracks": [track.pk.hex for track in moving]}
    return Done(f"{named(moving)} added to {collection.name}", moving, facts)


def collect_back(facts: Any, team: Team, by: User) -> int:
    """Out again; a collection made for it goes too when nothing else is in it."""
    CollectionItem.objects.filter(collection__team=team, collection=facts["collection"], track__in=facts["tracks"]).delete()
    if facts["new"]:
        Collection.objects.filter(team=team, pk=facts["collection"], items=None).delete()
    return 0


def uncollect(tracks: Sequence[Track], by: User, words: QueryDict) -> Done:
    """Out of the collection `name`."""
    items = CollectionItem.objects.filter(collection__name__iexact=words.get("name", ""), track__in=[t.pk for t in tracks])
    places = {pk: [collection, position] for pk, collection, position in items.values_list("track", "collection", "position")}
    items.delete()
    moving = [track for track in tracks if track.pk in places]
    facts = [[track.pk.hex, *places[track.pk]] for track in moving]
    return Done(f"{named(moving)} taken out of {words.get('name', '')}", moving, facts)


def uncollect_back(facts: Any, team: Team, by: User) -> int:
    """At the same place again."""
    tracks = Track.objects.filter(team=team).in_bulk([pk for pk, _, _ in facts])
    here = set(Collection.objects.filter(team=team).values_list("pk", flat=True))
    rows = [
        CollectionItem(track_id=uuid.UUID(pk), collection_id=collection, position=position)
        for pk, collection, position in facts
        if uuid.UUID(pk) in tracks and collection in here
    ]
    CollectionItem.objects.bulk_create(rows, ignore_conflicts=True)
    return len(facts) - len(rows)


ACTS: dict[str, Act] = {
    "rate": Act(Role.VIEWER, True, rate, rate_back),
    "favourite": Act(Role.VIEWER, True, favourite, favourite_back),
    "decide": Act(Role.REVIEWER, True, decide, decide_back),
    "withdraw": Act(Role.REVIEWER, True, withdraw, decide_back),
    "tag": Act(Role.PRODUCER, True, tag, tag_back),
    "untag": Act(Role.PRODUCER, True, untag, untag_back),
    "rename": Act(Role.PRODUCER, True, rename, change_back),
    "note": Act(Role.PRODUCER, True, note, change_back),
    "collect": Act(Role.PRODUCER, True, collect, collect_back),
    "uncollect": Act(Role.PRODUCER, False, uncollect, uncollect_back),
    "move": Act(Role.PRODUCER, False, move, change_back),
    "archive": Act(Role.PRODUCER, False, archive, change_back),
    "unarchive": Act(Role.PRODUCER, False, unarchive, change_back),
    "delete": Act(Role.PRODUCER, False, delete, change_back),
    "restore": Act(Role.PRODUCER, False, restore, change_back),
}
WAYS.update({name: Way(act.role, act.back) for name, act in ACTS.items()})
