"""The secret that completion callbacks are signed with: one for each token, fetched with the token itself."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from musicstudio.api.errors import ApiError
from musicstudio.api.gateway import need
from musicstudio.api.replies import FAULTS
from musicstudio.core import crypto
from musicstudio.projects.models import TokenScope

router = Router(tags=["callbacks"])


class Secret(Schema):
    """For the verify_webhook of the AIgateway's SDKs: HMAC-SHA-256 over `t.body`, in `X-Gateway-Signature: t=…,v1=…`."""

    secret: str | None = Field(description="none only when the studio cannot read its own secrets")


@router.get("/webhook-secret", response={200: Secret, **FAULTS}, summary="The secret of callbacks")
def webhook_secret(request: HttpRequest) -> Any:
    """What callbacks to the `webhook_url` of this token's requests are signed with; it stays the same until it is rotated."""
    need(request, TokenScope.GENERATE)
    try:
        return Secret(secret=request.token.signing_secret())  # type: ignore[attr-defined]
    except crypto.Undecryptable:
        return Secret(secret=None)


@router.post("/webhook-secret/rotate", response={200: Secret, **FAULTS}, summary="Another secret")
def rotate(request: HttpRequest) -> Any:
    """From now on nothing is signed with the old one, not even what waits for its next try."""
    need(request, TokenScope.GENERATE)
    try:
        return Secret(secret=request.token.new_signing_secret())  # type: ignore[attr-defined]
    except crypto.Undecryptable as error:
        raise ApiError(503, str(error)) from None
