"""Whom a server is for, by where it listens: oneself, everybody, or those with a key."""

import ipaddress

from mtpipe.web.settings import ServeSettings

__all__ = ["asks_for_keys", "is_for_oneself", "is_loopback"]


def is_loopback(host: str) -> bool:
    """Whether a name or an address is this machine's own, which no other one can reach."""
    name = host.strip("[]").rstrip(".").lower()
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def asks_for_keys(settings: ServeSettings) -> bool:
    """Whether nobody gets in without a key.

    So it is wherever other machines can reach the server, unless it was opened on purpose.
    """
    return settings.needs_keys or not (is_loopback(settings.host) or settings.is_open)


def is_for_oneself(settings: ServeSettings) -> bool:
    """Whether only people at this machine can reach the server, without a key and a proxy."""
    return (
        is_loopback(settings.host)
        and not settings.is_open
        and not settings.needs_keys
        and not settings.forwarded_allow_ips
    )
