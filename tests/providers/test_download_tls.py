"""Connecting to a checked address must not weaken TLS: the certificate has to be the host's, not the address's."""

import asyncio
import datetime
import http.server
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from musicstudio.providers import download
from musicstudio.providers.base import Downloaded, Unavailable
from musicstudio.providers.download import Downloader, Origin
from tests.gateway.sound import audio


def make_certificate(host: str, folder: Path) -> Path:
    """A self-signed certificate for `host`, with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + secret)
    return path


class Files(http.server.BaseHTTPRequestHandler):
    """One file, for whoever gets through the handshake."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(audio(1.0))

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A TLS server on loopback that is files.example, trusted, and taken for public; its port."""
    certificate = make_certificate("files.example", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    trust = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(download, "shared_ssl_context", lambda: trust)
    monkeypatch.setattr(download, "is_public", lambda text: text == "127.0.0.1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files) as running:
        running.handle_error = lambda *_: None  # type: ignore[method-assign]
        running.socket = context.wrap_socket(running.socket, server_side=True)
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield running.server_port
        running.shutdown()


def fetch(host: str, port: int, to: Path) -> Downloaded:
    async def resolver(name: str, wanted: int) -> list[str]:
        return ["127.0.0.1"]

    async def main() -> Downloaded:
        downloader = Downloader([Origin("https", host, port)], resolver=resolver)
        try:
            return await downloader.fetch(f"https://{host}:{port}/a.mp3", to, max_bytes=10**6, deadline_seconds=20.0)
        finally:
            await downloader.aclose()

    return asyncio.run(main())


def test_it_accepts_the_host_it_asked_for(server: int, tmp_path: Path) -> None:
    assert fetch("files.example", server, tmp_path / "take.mp3").bytes == len(audio(1.0))


def test_it_refuses_another_host_at_the_same_address(server: int, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="certificate verify failed"):
        fetch("other.example", server, tmp_path / "take.mp3")
