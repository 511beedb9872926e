"""The one shape every error has: `{"error": {"message", "type", "code", "param"}}`, as the AIgateway's clients read it."""

from typing import Any

from django.core.exceptions import ValidationError

from musicstudio.generation.contract import ERRORS

TYPES = {row.status: (row.type, row.code) for row in ERRORS}
PARAMETERS = {"text": "prompt", "url": "webhook_url"}  # our field names that the contract calls otherwise


class ApiError(Exception):
    """An answer that is an error: HTTP status, a sentence, the parameter that is wrong, and the code if not the usual."""

    def __init__(self, status: int, message: str, *, param: str | None = None, code: str = "", retry_after: int = 0) -> None:
        super().__init__(message)
        self.status, self.message, self.param, self.code, self.retry_after = status, message, param, code, retry_after

    def as_json(self) -> dict[str, Any]:
        """The envelope."""
        type_, code = TYPES.get(self.status, ("api_error", "error"))
        return {"error": {"message": self.message, "type": type_, "code": self.code or code, "param": self.param}}


def refused(error: ValidationError) -> ApiError:
    """What the studio's verbs refuse: money is 402, a request sent before with other words 409, the rest 422 by field."""
    name, messages = next(iter(error.message_dict.items()))
    said = " ".join(messages)
    if name == "cost":
        return ApiError(409 if "asked for something else" in said else 402, said)
    return ApiError(422, said, param=PARAMETERS.get(name, name))
