"""Secrets at rest: MultiFernet (AES-128-CBC + HMAC-SHA-256, the cryptography package's Fernet spec), newest key first."""

import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Undecryptable(Exception):
    """No configured key opens this text: the key it was written with is gone."""


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.KEY_ENCRYPTION_KEYS])


def encrypt(secret: str) -> str:
    """The secret as a token that only the configured keys open."""
    return _box().encrypt(secret.encode()).decode()


def decrypt(token: str) -> str:
    """The secret again; raises `Undecryptable`."""
    try:
        return _box().decrypt(token.encode()).decode()
    except InvalidToken:
        raise Undecryptable("The stored key cannot be read with the configured encryption keys.") from None


def rotate(token: str) -> str:
    """The same secret under the newest configured key; raises `Undecryptable`."""
    try:
        return _box().rotate(token.encode()).decode()
    except InvalidToken:
        raise Undecryptable("The stored key cannot be read with the configured encryption keys.") from None


def fingerprint(secret: str) -> str:
    """16 hex digits that tell equal secrets apart from others without revealing them (HMAC-SHA-256 under SECRET_KEY)."""
    return hmac.new(settings.SECRET_KEY.encode(), b"fingerprint:" + secret.encode(), hashlib.sha256).hexdigest()[:16]
