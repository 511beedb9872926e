"""Static files: our scripts and styles without comments and blanks, compressed, imported by their hashed names."""

import re
from pathlib import PurePosixPath
from typing import IO

import rjsmin
from django.core.files.base import ContentFile, File
from whitenoise.storage import CompressedManifestStaticFilesStorage


def bare(style: str) -> str:
    """A style sheet without comments and needless blanks. A blank before a colon stays: it is a combinator in `.a :is(.b)`."""
    small = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"/\*.*?\*/", "", style, flags=re.S))
    return small.replace(";}", "}").strip()


SMALLER = {".js": rjsmin.jsmin, ".css": bare}


def smaller(name: str, text: str) -> str:
    """The file as the browser gets it. What others have released is sent as it was released."""
    shrink = SMALLER.get(PurePosixPath(name).suffix)
    return str(shrink(text)) if shrink and not name.startswith(("vendor/", "admin/")) else text


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise is untyped
    """Django's manifest storage leaves `import './x.js'` unhashed unless asked (django docs, ManifestStaticFilesStorage)."""

    support_js_module_import_aggregation = True

    def _save(self, name: str, content: "File[bytes] | IO[bytes]") -> str:
        """On the way in, so that a hash is the hash of what is sent."""
        if PurePosixPath(name).suffix in SMALLER:
            content.seek(0)  # it may have been read for its hash
            content = ContentFile(smaller(PurePosixPath(name).as_posix(), content.read().decode()).encode())
        return str(super()._save(name, content))
