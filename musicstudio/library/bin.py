"""The bin: what was deleted waits there to be restored, and then goes for good, its file too.

The ledger and the jobs stay: what was asked, with which model and what it cost is still known.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from musicstudio.accounts.models import Team
from musicstudio.library.models import Derivative, Track, TrackQuerySet, Undo
from musicstudio.library.peaks import peaks_name


@transaction.atomic
def purge(tracks: TrackQuerySet) -> int:
    """Deletes tracks of the bin for good; their files go after the commit. Answers how many."""
    rows = tracks.exclude(deleted_at=None).order_by().select_for_update()
    names = dict(rows.values_list("pk", "file"))
    made = list(Derivative.objects.filter(track__in=names).values_list("file", flat=True))
    Track.objects.filter(pk__in=names).delete()
    transaction.on_commit(lambda: forget([*names.values(), *made]))
    return len(names)


def forget(names: Iterable[str]) -> None:
    """Removes files that no track names any more."""
    names = {name for name in names if name}
    for name in names - set(Track.objects.filter(file__in=names).values_list("file", flat=True)):
        default_storage.delete(name)
        default_storage.delete(peaks_name(name))


def days_of(team: Team) -> int:
    """How long the team's bin keeps."""
    return team.bin_days or settings.BIN_DAYS


def tidy() -> int:
    """Nightly: deletes for good what has lain in the bin long enough, and ways back that are over."""
    Undo.objects.all().forget()
    gone, own = 0, Team.objects.exclude(bin_days=None)
    for team in own:
        gone += purge(Track.objects.filter(team=team, deleted_at__lt=timezone.now() - timedelta(days=days_of(team))))
    others = Track.objects.exclude(team__in=own)
    return gone + purge(others.filter(deleted_at__lt=timezone.now() - timedelta(days=settings.BIN_DAYS)))
