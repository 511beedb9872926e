"""A machine of the team's that is told things: a real HTTP server on loopback that answers as it is told to."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from musicstudio.notify.models import Event, Webhook
from tests.conftest import Cast


@dataclass
class Listener:
    """What it heard: headers (lower-case) and body; `answers` are given in turn, then 200."""

    url: str = ""
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)


@pytest.fixture
def listener(settings: Any) -> Iterator[Listener]:
    settings.ALLOW_LOOPBACK_WEBHOOKS = True
    found = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(found.answers.pop(0) if found.answers else 200)
            self.send_header("Location", found.url)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}/hooks/secret-path"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Told:
    """A webhook that wants everything, and its signing secret."""

    hook: Webhook
    secret: str


@pytest.fixture
def told(cast: Cast, listener: Listener) -> Told:
    return Told(*Webhook.objects.add(cast.team, listener.url, Event.values, cast.owner))
