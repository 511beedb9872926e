"""What the roles may do, in words, for the members page. Each view asks for its role itself (`accounts.access`)."""

from typing import NamedTuple

from musicstudio.accounts.models import Role


class Right(NamedTuple):
    """Something members do, and the lowest role that may."""

    does: str
    role: Role


RIGHTS = (
    Right("Listen, download, rate, keep favourites", Role.VIEWER),
    Right("Shortlist, approve and reject tracks", Role.REVIEWER),
    Right("Ask for takes, which spends money within the caps", Role.PRODUCER),
    Right("Tag, rename, move, archive and delete tracks; open projects", Role.PRODUCER),
    Right("See the ledger", Role.PRODUCER),
    Right("Invite and remove members", Role.ADMIN),
    Right("Say how many approvals a project wants, and whose", Role.ADMIN),
    Right("Set caps, decide requests and unknown outcomes", Role.ADMIN),
    Right("Add provider keys, enter prices, add webhooks", Role.ADMIN),
    Right("Make somebody an owner, or end that", Role.OWNER),
)
