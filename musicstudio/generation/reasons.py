"""Why a take did not arrive, said to whom it concerns: pure words, used by the pages and by `manage.py jobs`.

For every reason of the closed set there is one sentence for the maker, one for the admin, what happens next, and one
button. What it cost is read from the hold, because that is the truth.
"""

from dataclasses import dataclass

from musicstudio.budgets.models import HoldState
from musicstudio.core.money import format_micros
from musicstudio.generation.models import Job, Reason, State


@dataclass(frozen=True)
class Words:
    """What is said about one reason. `button`: retry, edit, fetch, keys, ask or decide."""

    maker: str
    admin: str
    next: str
    button: str


@dataclass(frozen=True)
class Explanation:
    """What is said about one job. `cost` names the amount and what became of it."""

    maker: str
    admin: str
    cost: str
    next: str
    button: str


WORDS: dict[Reason, Words] = {
    Reason.KEY_REJECTED: Words(
        "The provider does not accept the team's key.",
        "The provider answered 401: the key is missing, mistyped or revoked there. Add another one in the settings.",
        "Nothing more is sent with this key. Once another is in place, try again.",
        "keys",
    ),
    Reason.NO_FUNDS: Words(
        "The provider's wallet is empty.",
        "The provider answered 402, or 403 with a spend limit: top up there, then resume the key.",
        "Queued takes wait; the key is tried again after a while, or when an admin resumes it.",
        "retry",
    ),
    Reason.FORBIDDEN: Words(
        "The team's key may not use this model.",
        "The provider answered 403: the key's scope leaves out this model. Change the scope there, or use another key.",
        "Try again after the key was changed, or choose another model.",
        "retry",
    ),
    Reason.CONTENT_REFUSED: Words(
        "The provider refuses these words.",
        "The model's content rules refused the prompt or the lyrics; often an artist's name or known lyrics.",
        "Change the prompt. Where the provider suggests a wording, it is shown here.",
        "edit",
    ),
    Reason.INVALID_REQUEST: Words(
        "The provider does not accept this request.",
        "The provider answered 400, 404, 409, 413 or 422; its message says which part. The model may be gone there.",
        "Change the prompt, the length or the model.",
        "edit",
    ),
    Reason.UNAVAILABLE: Words(
        "The provider could not be reached for a while.",
        "Every try was answered with 429 or 503, or got no connection. The take was never accepted.",
        "Try again later.",
        "retry",
    ),
    Reason.PROVIDER_FAILED: Words(
        "The provider failed to make it.",
        "The provider accepted the job and reported it as failed; it does not bill failed jobs unless it says so.",
        "Try again, or change the prompt.",
        "retry",
    ),
    Reason.NO_ANSWER: Words(
        "The request was sent and no answer came back.",
        "The connection broke after the request had left: the take may be running and billed. Look for it at the provider.",
        "It is not sent again by itself. An admin finds out whether it was charged.",
        "decide",
    ),
    Reason.BAD_ANSWER: Words(
        "The provider's answer could not be read.",
        "The provider answered, but not with a job record: the take may be running and billed.",
        "An admin has it asked again, or decides.",
        "ask",
    ),
    Reason.VANISHED: Words(
        "The provider no longer knows the job.",
        "The provider took the job and now answers 404 for it. Whether it billed it, only its usage page says.",
        "An admin has it asked again, or decides.",
        "ask",
    ),
    Reason.TIMED_OUT: Words(
        "The provider did not finish in time.",
        "The job is still not done half an hour after it was sent. It may finish, and be billed, later.",
        "An admin has it asked again, or decides.",
        "ask",
    ),
    Reason.CANCELLED_LATE: Words(
        "It was cancelled in the making; the provider does not say whether it charges that.",
        "The provider confirmed the cancellation of a job that was already running and named no cost.",
        "An admin looks at the provider's usage page and decides.",
        "decide",
    ),
    Reason.FILE_UNREACHABLE: Words(
        "The finished file could not be fetched.",
        "The provider delivered, so the take is paid; its file host did not hand the file over. It keeps files for 7 days.",
        "Fetch the file again; that costs nothing.",
        "fetch",
    ),
    Reason.FILE_REFUSED: Words(
        "The finished file lies where the studio may not fetch it.",
        "The link leads to a host that is not in AIGATEWAY_MEDIA_HOSTS, or to a private address.",
        "Once an admin has allowed the host, fetch the file again; that costs nothing.",
        "fetch",
    ),
    Reason.NOT_AUDIO: Words(
        "The provider delivered something that is not audio.",
        "The file's bytes are no MP3, WAV, FLAC or Ogg. The take was billed; ask the provider for the money back.",
        "Fetch the file again; that costs nothing. If it stays so, try again.",
        "fetch",
    ),
    Reason.TRUNCATED: Words(
        "The delivered file is shorter than what was asked.",
        "The file decodes to less than nine tenths of its length. The take was billed; ask the provider for the money back.",
        "Fetch the file again; that costs nothing. If it stays so, try again.",
        "fetch",
    ),
    Reason.STORAGE: Words(
        "The studio could not store the file.",
        "The disk or the file storage failed on every try. Make room, then have the file fetched again.",
        "Fetch the file again; that costs nothing.",
        "fetch",
    ),
    Reason.ENGINE: Words(
        "The sketch engine failed.",
        "This is a fault of the studio; the worker's log has the details.",
        "Try again, or change the prompt.",
        "retry",
    ),
}

CANCELLED = Words("It was cancelled.", "A member cancelled it before the provider had begun.", "Try again if you like.", "retry")


def cost_of(job: Job) -> str:
    """`Nothing was charged.`, `$1.50 was charged.`, `$1.50 stays held.`"""
    hold = job.hold
    if hold.state == HoldState.SETTLED and hold.actual_micros:
        return f"{format_micros(hold.actual_micros)} was charged."
    if hold.state in (HoldState.HELD, HoldState.UNKNOWN) and hold.amount_micros:
        return f"{format_micros(hold.amount_micros)} stays held."
    return "Nothing was charged."


def explain(job: Job) -> Explanation:
    """Everything there is to say about a job that ended without a track, or waits for a person or for its key."""
    if job.reason:
        said = WORDS[Reason(job.reason)]
    else:
        said = CANCELLED if job.state == State.CANCELLED else WORDS[Reason.PROVIDER_FAILED]
    return Explanation(said.maker, said.admin, cost_of(job), said.next, button_for(job, said.button))


def button_for(job: Job, wanted: str) -> str:
    """The reason's button where it can work for this job now, else the next best."""
    if job.state == State.UNCERTAIN:
        return "ask" if job.remote_ref or job.may_repeat else "decide"
    if wanted in {"ask", "decide"} or (wanted == "fetch" and not (job.remote_ref and job.outputs)):
        return "retry"
    return wanted
