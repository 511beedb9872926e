"""Where the studio may connect to when somebody else chose the address: only to the open internet."""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: carries an IPv4 address in its last 32 bits


class NotPublic(Exception):
    """A host has no address, or one that is not public."""


def is_public(text: str) -> bool:
    """Whether an address belongs to the open internet; an IPv6 address that carries an IPv4 one is judged by that."""
    try:
        address: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        address = inner or address
    refused = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    return address.is_global and not (refused or address.is_link_local or address.is_private)


def is_loopback(text: str) -> bool:
    """Whether an address is this machine."""
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False


def public_address(host: str, port: int, *, allow_loopback: bool = False) -> str:
    """An address of the host to connect to. One bad address spoils the name: honest hosts don't mix public and private.

    Connect to exactly this address, so that the name can't change its mind in between (DNS rebinding). Raises `NotPublic`.
    """
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise NotPublic(f"{host} has no address.") from None
    if not found or not all(is_public(text) or (allow_loopback and is_loopback(text)) for text in found):
        raise NotPublic(f"{host} is not on the open internet.")
    return found[0]
