"""The API object: who asks, how often, and how every answer and every error is dressed."""

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.security import HttpBearer

from musicstudio.accounts.access import sees, visible
from musicstudio.accounts.limits import TooMany, enforce
from musicstudio.accounts.models import Membership, Team
from musicstudio.accounts.second_factor import SecondFactorNeeded, check_second_factor
from musicstudio.api.document import complete
from musicstudio.api.errors import ApiError
from musicstudio.projects.models import ApiToken, Project, TokenScope
from musicstudio.projects.tokens import role_for

log = logging.getLogger(__name__)
ID_LENGTH = 100


class ApiRequest(HttpRequest):
    """A request whose token was checked."""

    token: ApiToken
    team: Team
    membership: Membership


class Bearer(HttpBearer):
    """`Authorization: Bearer ms_live_…`."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken:
        """The token's row, noted on the request; raises ApiError 401 or 429."""
        found = ApiToken.objects.find(token)
        member = found.membership() if found else None
        if found is None or member is None:
            raise ApiError(401, "This token is unknown, revoked or over. An admin of the team can issue another.")
        try:
            check_second_factor(member.team, member.user)
        except SecondFactorNeeded as needed:
            raise ApiError(403, f"{needed} Then the token works again.") from None
        member.look(only=found.project_id)
        found.team = member.team
        request.token, request.team, request.membership = found, member.team, member  # type: ignore[attr-defined]
        count(request)
        found.touch()
        return found


def count(request: HttpRequest) -> None:
    """Counts the request against its token's minute and notes where it stands; raises ApiError 429 above the limit."""
    most = settings.API_REQUESTS_PER_MINUTE
    try:
        left, seconds = enforce("api", str(request.token.pk), most)  # type: ignore[attr-defined]
    except TooMany as refused:
        request.rate = (most, 0, refused.retry_after)  # type: ignore[attr-defined]
        raise ApiError(429, f"More than {most} requests in a minute.", retry_after=refused.retry_after) from None
    request.rate = (most, left, seconds)  # type: ignore[attr-defined]


def pace(request: HttpRequest) -> None:
    """Counts a question for takes with those of the person's browser and of the team; raises ApiError 429 above the limit."""
    most = settings.TAKES_ASKED_PER_MINUTE
    try:
        enforce("ask", f"user {request.token.user_id}", most)  # type: ignore[attr-defined]
        enforce("ask", f"team {request.team.slug}", 4 * most)  # type: ignore[attr-defined]
    except TooMany as refused:
        said = f"Takes were asked for more than {most} times in a minute. Nothing was charged."
        raise ApiError(429, said, retry_after=refused.retry_after) from None


class StudioAPI(NinjaAPI):
    """Answers JSON always, with the request's id and where its token stands; its document is complete."""

    def get_openapi_schema(self, **words: Any) -> Any:
        """OpenAPI 3.1."""
        return complete(super().get_openapi_schema(**words))

    def create_response(self, request: HttpRequest, data: Any, **words: Any) -> HttpResponse:
        """As ninja's, with the contract's headers."""
        return dress(request, super().create_response(request, data, **words))


def dress(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Puts the contract's headers on an answer: the id it was asked under, and the limit, what is left, when it resets."""
    said = request.headers.get("X-Request-Id", "")
    fit = said.isascii() and said.isprintable() and 0 < len(said) <= ID_LENGTH
    response["X-Request-Id"] = said if fit else getattr(request, "id", "")
    for name, value in zip(("limit", "remaining", "reset"), getattr(request, "rate", ()), strict=False):
        response[f"x-ratelimit-{name}-requests"] = str(value)
    if (cents := getattr(request, "cost_cents", None)) is not None:
        response["X-Cost-Cents"] = f"{cents:.6f}".rstrip("0").rstrip(".")
    if warning := getattr(request, "warning", ""):
        response["x-aig-warning"] = warning
    response.headers.setdefault("Cache-Control", "private, no-cache")
    return response


def need(request: HttpRequest, scope: str) -> None:
    """Raises ApiError 403 unless the token has the scope, and its person still has the role that goes with it."""
    if not request.token.allows(scope):  # type: ignore[attr-defined]
        raise ApiError(403, f"This token may not do that: it lacks the scope “{TokenScope(scope).value}”.")
    if not request.membership.may(role_for(scope)):  # type: ignore[attr-defined]
        raise ApiError(403, "This token may not do that: its person may not any more.")


def project_of(request: HttpRequest, slug: str | None) -> Project:
    """Where a take goes: the named project, the token's own, or the team's first. Raises ApiError."""
    token: ApiToken = request.token  # type: ignore[attr-defined]
    member: Membership = request.membership  # type: ignore[attr-defined]
    if token.project is not None and slug in {None, "", token.project.slug} and sees(member, token.project):
        token.project.team = token.team
        return token.project
    rows = visible(Project.objects.filter(team=token.team), member)
    found = (
        rows.filter(slug=slug).first()
        if slug
        else rows.filter(archived_at=None).order_by("-is_default", "created_at", "id").first()
    )
    if found is None or token.project is not None:
        raise ApiError(404, "There is no such project." if slug else "The team has no project yet.", param="project")
    found.team = token.team  # as the token's person sees it
    return found


api = StudioAPI(title="musicstudio", version="1", auth=Bearer(), docs_url=None, openapi_url="/openapi.json", urls_namespace="v1")


@api.exception_handler(ApiError)
def on_error(request: HttpRequest, error: ApiError) -> HttpResponse:
    """The envelope, with Retry-After where it helps."""
    response = api.create_response(request, error.as_json(), status=error.status)
    if error.retry_after:
        response["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(ValidationError)
def on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A field that is missing or of the wrong kind."""
    first = error.errors[0]
    where = [str(part) for part in first.get("loc", ()) if part not in {"body", "query", "path", "data"}]
    return on_error(request, ApiError(422, str(first.get("msg", "Invalid.")), param=where[-1] if where else None))


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What ninja itself refuses: a body that is no JSON, for one."""
    return on_error(request, ApiError(error.status_code, str(error)))


@api.exception_handler(RequestDataTooBig)
def on_too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    """More than `DATA_UPLOAD_MAX_MEMORY_SIZE`."""
    return on_error(request, ApiError(413, "This is too large for a request."))


@api.exception_handler(Http404)
def on_missing(request: HttpRequest, error: Http404) -> HttpResponse:
    """Nothing is there, or it is another team's."""
    return on_error(request, ApiError(404, "There is no such thing."))


@api.exception_handler(Exception)
def on_fault(request: HttpRequest, error: Exception) -> HttpResponse:
    """A fault of the studio's: JSON like everything else; the log has what happened, under the request's id."""
    response = on_error(request, ApiError(500, "The studio failed. Try again; an admin finds the reason by the request id."))
    log.error("%s %s failed (%s)", request.method, request.path, response["X-Request-Id"], exc_info=error)
    return response
