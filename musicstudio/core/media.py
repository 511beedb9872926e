"""Serving a stored file with byte ranges, so that a player can seek (RFC 9110, sections 13 and 14).

Django's FileResponse knows no ranges, and without them browsers restart at 0 when somebody seeks.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.core.files import File
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header, parse_etags

CHUNK = 64 * 1024
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)  # no file has more bytes, and longer numbers cost time to read


class Unsatisfiable(Exception):
    """The range begins behind the end of the file."""


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """The first and last byte asked for; None when the header is to be ignored (other units, several ranges, nonsense).

    Raises `Unsatisfiable` for a range that holds no byte of the file.
    """
    match = RANGE.fullmatch(header.strip().replace(" ", ""))
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        length = int(last)
        if not length or not size:
            raise Unsatisfiable
        return max(0, size - length), size - 1
    start = int(first)
    end = int(last) if last else size - 1
    if last and end < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return start, min(end, size - 1)


class Moved(File):  # type: ignore[type-arg]
    """A file that the local storage may take over by renaming, so that it is never half there."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        super().__init__(file)
        self.path = path

    def temporary_file_path(self) -> str:
        """Where it lies now (Django's protocol of uploaded files)."""
        return str(self.path)


class Slice(Iterator[bytes]):
    """`length` bytes of an open file from `start` on, in chunks; closes the file."""

    def __init__(self, file: "IO[bytes] | File[bytes]", start: int, length: int) -> None:
        self.file, self.left = file, length
        file.seek(start)

    def __next__(self) -> bytes:
        chunk = self.file.read(min(CHUNK, self.left)) if self.left else b""
        if not chunk:
            self.close()
            raise StopIteration
        self.left -= len(chunk)
        return chunk

    def close(self) -> None:
        """Closes the file; Django calls it when the connection ends early."""
        self.file.close()


def wanted_range(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """The range to answer with; None for the whole file. If-Range must name the current content exactly."""
    header = request.headers.get("Range")
    if header is None or request.method != "GET":
        return None
    if (condition := request.headers.get("If-Range")) is not None and condition.strip() != etag:
        return None
    return parse_range(header, size)


def serve(
    request: HttpRequest,
    file: "File[bytes]",
    *,
    size: int,
    etag: str,
    mime: str,
    filename: str,
    download: bool = False,
) -> HttpResponseBase:
    """The stored file, or the part of it that was asked for. `etag` is the bare content hash.

    Answers 200, 206, 304 or 416; HEAD gets the headers only.
    """
    tag = f'"{etag}"'
    response: HttpResponseBase
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if "*" in known or tag in known or f"W/{tag}" in known:
        response = HttpResponse(status=304)
    else:
        try:
            response = _content(request, file, size, tag)
        except Unsatisfiable:
            response = HttpResponse(status=416)
            response.headers["Content-Range"] = f"bytes */{size}"
    response.headers["ETag"] = tag
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["Vary"] = "Cookie"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if response.status_code in {200, 206}:
        response.headers["Content-Type"] = mime if mime.startswith("audio/") else "application/octet-stream"
        if disposition := content_disposition_header(download, filename):
            response.headers["Content-Disposition"] = disposition
    return response


def _content(request: HttpRequest, file: "File[bytes]", size: int, tag: str) -> HttpResponseBase:
    response: HttpResponseBase
    span = wanted_range(request, size, tag)
    if request.method == "HEAD":
        response = HttpResponse()
        response.headers["Content-Length"] = str(size)
        return response
    start, end = span or (0, size - 1)
    response = StreamingHttpResponse(Slice(file.open("rb"), start, end - start + 1), status=206 if span else 200)
    if span:
        response.headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    response.headers["Content-Length"] = str(end - start + 1)
    return response
