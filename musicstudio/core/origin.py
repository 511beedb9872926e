"""Where a request comes from, for the audit log: the request that is being answered, and the program that sent it."""

import re
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

from musicstudio.core.money import written_with

BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari")  # the first that is named; Chrome calls itself Safari too
NAMES = {"Edg": "Edge", "OPR": "Opera"}
SYSTEMS = ("iPhone", "iPad", "Android", "Windows", "Macintosh", "Linux")

answering: ContextVar[HttpRequest | None] = ContextVar("answering", default=None)


class OriginMiddleware:
    """Remembers the request that is being answered, so that what happens in it can be noted with where it came from."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = answering.set(request)
        try:
            with written_with("$"):  # until the request's team is known, and never the last request's
                return self.get_response(request)
        finally:
            answering.reset(token)


def agent_of(request: HttpRequest) -> str:
    """`Firefox on Linux`, `curl/8.1.2`: short, for people."""
    said = request.headers.get("User-Agent", "")
    browser = next((name for name in BROWSERS if f"{name}/" in said), "")
    if not browser:
        return "".join(letter for letter in said.split(" ")[0] if letter.isprintable())[:40]
    system = next((name for name in SYSTEMS if re.search(rf"\b{name}\b", said)), "")
    return NAMES.get(browser, browser) + (f" on {system.replace('Macintosh', 'Mac')}" if system else "")
