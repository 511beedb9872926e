"""manage.py studio: the whole studio with one command, for a laptop or a single small machine."""

import errno
import http.client
import socket
import sys
import threading
import webbrowser
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse

from musicstudio.accounts.models import SetupLink, User
from musicstudio.core.management.commands.worker import cluster_command
from musicstudio.core.migrate import migrate_if_needed
from musicstudio.core.supervise import Child, Supervisor
from musicstudio.core.terminal import refuse

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (what to call this machine when it listens everywhere)


class Command(BaseCommand):
    """Web server and queue together, until Ctrl-C."""

    help = "Starts the studio: prepares the database, serves the pages, runs the queue and opens the browser."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", default="8000", help="8000 unless told otherwise")
        parser.add_argument("--host", default="127.0.0.1", help="127.0.0.1: only this machine; 0.0.0.0: the network too")
        parser.add_argument("--no-browser", action="store_true", help="do not open the browser")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], self.port(options["port"])
        self.claim(host, port)
        migrate_if_needed()
        call_command("collectstatic", interactive=False, verbosity=0)
        web = Child("web server", web_command(host, port))
        worker = Child("worker", cluster_command())
        self.stdout.write("Starting the studio …")
        Supervisor([web, worker], self.stderr.write).run(ready=lambda: self.ready(host, port, browser=not options["no_browser"]))
        self.stdout.write("The studio has stopped.")

    def port(self, text: str) -> int:
        """The port as a number; refuses what is none."""
        if not text.isdigit() or not 1 <= int(text) <= 65535:
            refuse(self.stderr, f"--port: “{text}” is not a port. Write a number from 1 to 65535.")
        return int(text)

    def claim(self, host: str, port: int) -> None:
        """Ends the command with a line when the address cannot be had."""
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except socket.gaierror:
            refuse(self.stderr, f"--host: “{host}” is no address of this machine.")
        except OSError as error:
            reasons = {
                errno.EADDRINUSE: f"Port {port} is in use. Stop what uses it, or choose another: --port {port % 65535 + 1}",
                errno.EACCES: f"Port {port} needs more rights. Choose one above 1023, like --port 8000",
                errno.EADDRNOTAVAIL: f"{host} is no address of this machine.",
            }
            self.stderr.write(reasons.get(error.errno or 0, f"{host}:{port} cannot be used: {error.strerror}."))
            sys.exit(1)

    def ready(self, host: str, port: int, *, browser: bool) -> bool:
        """Whether the web server answers; the first time it does, says where and opens the browser."""
        connection = http.client.HTTPConnection(EVERYWHERE.get(host, host), port, timeout=2)
        try:
            connection.request("GET", reverse("account_login"), headers={"Host": "localhost"})
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        address = self.address(host, port)
        self.stdout.write(f"\n  {address}\n")
        if host in EVERYWHERE:
            self.stdout.write(f"Other machines reach it by the names in ALLOWED_HOSTS: {', '.join(settings.ALLOWED_HOSTS)}.")
        self.stdout.write("Ctrl-C stops it.")
        if browser:
            threading.Thread(target=show, args=[address], daemon=True).start()
        return True

    def address(self, host: str, port: int) -> str:
        """Where to go: the studio, or the one-time set-up link while nobody can sign in."""
        name = EVERYWHERE.get(host, host)
        base = settings.PUBLIC_URL or f"http://{f'[{name}]' if ':' in name else name}:{port}"
        if User.objects.somebody_can_sign_in():
            self.stdout.write("\nThe studio is ready:")
            return base + reverse("home")
        self.stdout.write("\nThe studio is ready. Set it up with this link, which works once:")
        return base + reverse("setup", args=[SetupLink.objects.issue()])


def web_command(host: str, port: int) -> list[str]:
    """The command line of the web server."""
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    config = "python:musicstudio.web.gunicorn"
    return [sys.executable, "-m", "gunicorn", "--config", config, "--bind", bind, "musicstudio.wsgi:application"]


def show(address: str) -> None:
    """Opens the browser, but never one that would take over the terminal (lynx and the like are GenericBrowser)."""
    with suppress(webbrowser.Error):
        browser = webbrowser.get()
        if type(browser) is not webbrowser.GenericBrowser:
            browser.open(address)
