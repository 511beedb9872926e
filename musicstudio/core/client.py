"""Who is asking: the address of the machine at the other end."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The client's IP address; behind a trusted proxy, the one that the proxy noted last. 0.0.0.0 when nobody knows it.

    Everything before the last entry of X-Forwarded-For comes from the client and may be invented.
    """
    said = request.META.get("REMOTE_ADDR", "")
    if settings.TRUST_PROXY:
        said = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or said
    try:
        return str(ip_address(said))
    except ValueError:
        return "0.0.0.0"  # noqa: S104 (an answer, nothing is bound to it)
