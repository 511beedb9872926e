"""System checks: what a production install must set, and what no install may get wrong. Run by `manage.py check --deploy`."""

import ipaddress
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.urls import URLResolver, get_resolver

LOCAL_HOSTS = {"localhost", "127.0.0.1", "[::1]", ".localhost"}


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@register(Tags.security, deploy=True)
def production_is_configured(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Secrets come from the environment, hosts are named, traffic is https."""
    found: list[CheckMessage] = []
    if "SECRET_KEY" in settings.SECRETS_FROM_FILE:
        hint = "Set it to 50 random characters, the same for every web and worker process."
        found.append(Error("SECRET_KEY is not set.", hint=hint, id="musicstudio.E001"))
    if set(settings.ALLOWED_HOSTS) <= LOCAL_HOSTS:
        hint = "Set it to the studio's host name."
        found.append(Error("ALLOWED_HOSTS names only this machine.", hint=hint, id="musicstudio.E002"))
    if "STUDIO_KEY_ENCRYPTION_KEYS" in settings.SECRETS_FROM_FILE:
        hint = "Set it to a Fernet key; without it, provider keys are lost with the data folder."
        found.append(Error("STUDIO_KEY_ENCRYPTION_KEYS is not set.", hint=hint, id="musicstudio.E003"))
    if not settings.HTTPS:
        hint = "Set it to the https address that people type."
        found.append(Error("STUDIO_PUBLIC_URL is not an https address.", hint=hint, id="musicstudio.E004"))
    if settings.ALLOW_LOOPBACK_GATEWAY:
        hint = "Unset STUDIO_ALLOW_LOOPBACK_GATEWAY: it lets the client talk http to this machine."
        found.append(Error("The loopback gateway is allowed.", hint=hint, id="musicstudio.E005"))
    return found


@register(Tags.security)
def encryption_keys_are_fernet_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Each key must be 32 bytes in url-safe base64, or no provider key can be read."""
    for position, key in enumerate(settings.KEY_ENCRYPTION_KEYS, 1):
        try:
            Fernet(key)
        except ValueError:
            message = f"Key {position} of STUDIO_KEY_ENCRYPTION_KEYS is not a Fernet key."
            hint = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
            return [Error(message, hint=hint, id="musicstudio.E006")]
    return []


@register()
def queue_redelivers_after_the_timeout(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """django-q2 hands a task out again `retry` seconds after it was pulled; below `timeout` that runs it twice at once."""
    cluster: dict[str, Any] = settings.Q_CLUSTER
    found: list[CheckMessage] = []
    if not cluster.get("timeout") or cluster.get("retry", 0) <= cluster["timeout"]:
        hint = "Q_CLUSTER needs a timeout, and retry above it."
        found.append(Error("The queue may run one task twice at once.", hint=hint, id="musicstudio.E007"))
    if cluster.get("queue_limit", 0) > cluster.get("workers", 0):
        hint = "Tasks that wait inside the cluster use up their retry time: keep queue_limit at or below workers."
        found.append(Warning("Q_CLUSTER's queue_limit is above its workers.", hint=hint, id="musicstudio.W001"))
    return found


@register(Tags.security)
def gateway_is_reached_by_https(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Bearer keys travel to this address: https, or http to this machine when that is expressly allowed."""
    url = settings.AIGATEWAY_BASE_URL
    if url.startswith("https://") or (settings.ALLOW_LOOPBACK_GATEWAY and is_loopback(url)):
        return []
    hint = "For a gateway on this machine set STUDIO_ALLOW_LOOPBACK_GATEWAY=1."
    return [Error("AIGATEWAY_BASE_URL is not an https address.", hint=hint, id="musicstudio.E008")]


def first_segments(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """What the addresses of the studio begin with, its admin pages left out."""
    for entry in resolver.url_patterns:
        route = before + str(entry.pattern).removeprefix("^")
        if isinstance(entry, URLResolver) and entry.app_name != "admin":
            yield from first_segments(entry, route)
        elif not isinstance(entry, URLResolver) and route != settings.ADMIN_PATH:
            yield re.split(r"[^\w.-]", route)[0]


@register(Tags.urls)
def admin_pages_have_an_address_of_their_own(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Another page's first segment would hide some of them."""
    path = settings.ADMIN_PATH
    if not path or path not in {settings.STATIC_URL.strip("/"), *first_segments(get_resolver())}:
        return []
    hint = "Choose a path that nobody guesses, like a word and a number."
    return [Error(f"STUDIO_ADMIN_PATH is {path}, where the studio has other pages.", hint=hint, id="musicstudio.E009")]
