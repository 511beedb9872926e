"""A name for every request: on the page of a fault, in the answer's header and in the log, so that one finds the other."""

import logging
import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class RequestIdMiddleware:
    """Sets `request.id`, twelve hexadecimal digits, and the header X-Request-ID."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.id = secrets.token_hex(6)  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.headers.setdefault("X-Request-ID", request.id)  # type: ignore[attr-defined]  # /v1 echoes its caller's
        return response


class RequestIdFilter(logging.Filter):
    """Puts the request's name behind what is logged about it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Every record passes."""
        if name := getattr(getattr(record, "request", None), "id", ""):
            record.msg = f"{record.msg} [request {name}]"
        return True
