"""What a member who sees chosen projects only may know of the money: their own caps and those of their projects."""

from django.db.models import Model, Q

from musicstudio.accounts.access import Condition
from musicstudio.accounts.models import Membership
from musicstudio.budgets.grants import Ask
from musicstudio.budgets.models import Bucket, Cap, Hold


def caps(member: Membership) -> Q:
    """A token of one project is told of every cap that binds it, as its person is."""
    own = Q(project__in=member.only) | Q(member=member.user_id) | Q(token__user=member.user_id)
    return own if member.narrowed else Q()


def buckets(member: Membership) -> Q:
    """Of those caps."""
    return Q(cap__in=Cap.objects.filter(caps(member)).values("pk"))


HANGS: dict[type[Model], str | Condition | None] = {Cap: caps, Bucket: buckets, Hold: "project", Ask: "project"}
