"""A real browser on a real server. Any console error, policy violation or request that leaves this machine fails the test.

Chromium is found as `chromium` or by MS_CHROMIUM. Without one the browser tests are skipped; with MS_REQUIRE_BROWSER=1 the
run stops instead, so that a continuous integration can't be green by accident.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from musicstudio.accounts.models import User
from musicstudio.core.static import smaller
from musicstudio.generation.render import render
from tests.conftest import Cast

FOUND = os.environ.get("MS_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
MISSING = "no Chromium found: install the Debian package chromium, or set MS_CHROMIUM to its path"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-first-run",
    "--no-default-browser-check",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
]
DESKTOP, PHONE = (1440, 900), (390, 844)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
expect.set_options(timeout=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One browser, one process; skipped only where there is no Chromium and nobody requires it."""
    here = Path(__file__).parent
    mine = [item for item in items if here in item.path.parents]
    if mine and not FOUND and os.environ.get("MS_REQUIRE_BROWSER"):
        raise pytest.UsageError(MISSING)
    for item in mine:
        item.add_marker(pytest.mark.xdist_group("browser"))
        if not FOUND:
            item.add_marker(pytest.mark.skip(reason=MISSING))


@pytest.fixture(scope="package")  # Playwright keeps an event loop running; the tests of other packages run their own
def browser() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # for the fixtures of these tests, which run inside that loop
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=FOUND, args=FLAGS)
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@cache
def shipped(name: str) -> str:
    """A file of static/ as `collectstatic` stores it."""
    return smaller(name, (Path(settings.BASE_DIR) / "static" / name).read_text())


@dataclass
class Studio:
    """The studio in the browser, as one person sees it."""

    browser: Browser
    server: LiveServer
    troubles: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def open(self, path: str = "/", user: User | None = None, size: tuple[int, int] = DESKTOP, theme: str = "light") -> Page:
        """A new window of the size, signed in as the person."""
        phone = size == PHONE
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, has_touch=phone, is_mobile=phone, reduced_motion="reduce"
        )
        self.contexts.append(context)
        context.route("**/*", self.guard)
        cookies = {"theme": theme} | ({"sessionid": session_of(user)} if user else {})
        context.add_cookies([{"name": name, "value": value, "url": self.server.url} for name, value in cookies.items()])
        page = context.new_page()
        page.on("console", self.hear)
        page.on("pageerror", lambda error: self.troubles.append(f"exception: {error}"))
        page.goto(self.server.url + path)
        return page

    def guard(self, route: Route) -> None:
        """Nothing may leave this machine; our scripts and styles come as production sends them."""
        address = urlsplit(route.request.url)
        own = re.fullmatch(r"/static/((?:js|css)/[a-z]+\.(js|css))", address.path)
        if address.hostname not in {"127.0.0.1", "localhost"}:
            self.troubles.append(f"left the machine: {route.request.url}")
            route.abort()
        elif own:
            route.fulfill(body=shipped(own[1]), content_type={"js": "text/javascript", "css": "text/css"}[own[2]])
        else:
            route.continue_()

    def hear(self, message: ConsoleMessage) -> None:
        """Errors and warnings of the console, policy violations among them."""
        if message.type in {"error", "warning"} and not any(text in message.text for text in self.expected):
            self.troubles.append(f"{message.type}: {message.text}")


def session_of(user: User) -> str:
    """A session as the sign-in makes it."""
    session = SessionStore()
    session["_auth_user_id"], session["_auth_user_backend"] = str(user.pk), BACKEND
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


@pytest.fixture
def studio(browser: Browser, live_server: LiveServer) -> Iterator[Studio]:
    seen = Studio(browser, live_server)
    yield seen
    for context in seen.contexts:
        context.close()
    assert seen.troubles == []


@pytest.fixture
def cast(transactional_db: None, cast: Cast) -> Cast:
    """The cast, committed, so that the server's threads see it."""
    return cast


@pytest.fixture
def work() -> Callable[[], int]:
    """Does what a worker does with the takes of the sketch engine that wait: through the function the task calls."""
    from musicstudio.generation.models import Job, State

    def run() -> int:
        waiting = Job.objects.filter(state=State.QUEUED, model__provider="sketch").order_by("created_at", "take")
        return sum(render(pk) for pk in waiting.values_list("pk", flat=True))

    return run
