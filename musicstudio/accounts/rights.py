"""What the roles may do, in words, for the members page. Each view asks for its role itself (`accounts.access`); a test compares
the views that a right names with what everybody really gets (tests/guards/test_access_table.py).
"""

from typing import NamedTuple

from musicstudio.accounts.models import Role


class Right(NamedTuple):
    """Something members do, the lowest role that may, and the addresses it stands for, by their names."""

    does: str
    role: Role
    views: tuple[str, ...] = ()


RIGHTS = (
    Right("Listen, download, rate, keep favourites", Role.VIEWER, ("library", "track", "track_audio", "zip", "star", "views")),
    Right("Comment; shortlist, approve and reject tracks", Role.REVIEWER, ("comments", "compare_decide")),
    Right("Ask for takes, which spends money within the caps", Role.PRODUCER, ("generate", "ask_more", "retry", "cancel")),
    Right(
        "Tag, rename, move, archive and delete tracks; open projects",
        Role.PRODUCER,
        ("track_tag", "track_rename", "pick", "purge", "project_new", "collection_rename", "tag_edit"),
    ),
    Right("See the ledger", Role.PRODUCER, ("ledger",)),
    Right(
        "Invite and remove members, let people in, see the audit log",
        Role.ADMIN,
        ("invite", "invitation", "access_decide", "audit"),
    ),
    Right("Say how many approvals a project wants, and whose", Role.ADMIN, ("project_rule",)),
    Right("Set caps, decide requests and unknown outcomes", Role.ADMIN, ("cap_set", "cap_end", "grant", "decide", "outcome")),
    Right(
        "Add provider keys, enter prices, add webhooks; set the team up",
        Role.ADMIN,
        ("key_add", "key_rotate", "price_enter", "webhook_add", "connection_set", "team_settings"),
    ),
    Right("Make somebody an owner, hand the team over", Role.OWNER),
)
