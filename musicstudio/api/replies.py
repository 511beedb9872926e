"""The error answers every operation may give, for the OpenAPI document."""

from typing import Any

from ninja import Schema


class ErrorBody(Schema):
    """What went wrong: a sentence, a type, a stable code, and the parameter if one is to blame."""

    message: str
    type: str
    code: str
    param: str | None


class ErrorReply(Schema):
    """The envelope."""

    error: ErrorBody


FAULTS: dict[int, Any] = dict.fromkeys((400, 401, 403, 422, 429, 500, 503), ErrorReply)
MISSING: dict[int, Any] = FAULTS | {404: ErrorReply}
SPENDING: dict[int, Any] = MISSING | dict.fromkeys((402, 409, 413), ErrorReply)
