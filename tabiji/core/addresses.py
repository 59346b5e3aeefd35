"""The network address of who asks, as far as it can be believed."""

from __future__ import annotations

import ipaddress
from functools import lru_cache


def client_address(remote: str, forwarded: str, proxies: int) -> str:
    """The client's address: the connection's own, or behind proxies of ours what the outermost of them saw.

    remote: the other end of the connection; forwarded: X-Forwarded-For, all its lines joined by commas;
    proxies: how many stand in front. Each of them appends what it saw, so only that many entries from the
    right are ours: whatever stands further left was written by the client.
    """
    entries = [entry.strip() for entry in forwarded.split(",")] if forwarded.strip() else []
    if not proxies or not entries:
        return _plain(remote) or remote[:45]
    return _plain(entries[-min(proxies, len(entries))][:100]) or remote[:45]


@lru_cache(maxsize=4_096)
def _plain(text: str) -> str:
    """Without a port and brackets; empty where it is no address."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return str(ipaddress.ip_address(host))[:45]
    except ValueError:
        return ""
