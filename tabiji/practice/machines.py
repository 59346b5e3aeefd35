"""Playing the machines that touch a mail: a scanner that opens every link, a mailbox that unsubscribes.

Both go over the wire, to this machine only.
"""

from __future__ import annotations

import http.client
import ipaddress
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal
from urllib.parse import urlsplit

from tabiji.practice.letters import ONE_CLICK, Link

SCANNER: Final = "Mozilla/5.0 (compatible; PracticeLinkScannerBot/1.0)"
_MAILBOX: Final = "PracticeMailbox/1.0"
_TIMEOUT_S: Final = 5.0
_MOST: Final = 50

Method = Literal["HEAD", "GET", "POST"]
_METHODS: Final[tuple[Method, ...]] = ("HEAD", "GET")


class NotLoopback(ValueError):
    """The address is not on this machine: practice mode never reaches outside."""


@dataclass(frozen=True, slots=True)
class Answer:
    """status: HTTP, or 0 when nothing answered (then `text` says why); text: the start of the body."""

    method: Method
    label: str
    status: int
    text: str = ""
    is_hidden: bool = False

    @property
    def is_well(self) -> bool:
        return 200 <= self.status < 400


def scan(links: Iterable[Link]) -> list[Answer]:
    """Fetch every link by HEAD and by GET as security scanners do, hidden ones too; redirects are not followed."""
    return [
        replace(_ask(method, link.url, link.label, SCANNER), is_hidden=link.is_hidden)
        for link in list(links)[:_MOST]
        for method in _METHODS
    ]


def unsubscribe(url: str) -> Answer:
    """The POST that a mailbox makes for its unsubscribe button (RFC 8058 section 3.1)."""
    body = ONE_CLICK.encode()
    return _ask("POST", url, url, _MAILBOX, body, {"Content-Type": "application/x-www-form-urlencoded"})


def _ask(
    method: Method,
    url: str,
    label: str,
    agent: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    try:
        connection, target = _connection(url)
    except NotLoopback:
        return Answer(method, label, 0, "")
    try:
        connection.request(method, target, body, {"User-Agent": agent, **(headers or {})})
        response = connection.getresponse()
        text = response.read(2_000).decode("utf-8", "replace")
        return Answer(method, label, response.status, text)
    except (OSError, http.client.HTTPException) as error:
        return Answer(method, label, 0, str(error))
    finally:
        connection.close()


def _connection(url: str) -> tuple[http.client.HTTPConnection, str]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not _is_loopback(parts.hostname or ""):
        raise NotLoopback(f"{parts.hostname} is not on this machine")
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    if parts.scheme == "https":
        secure = ssl.create_default_context()
        return http.client.HTTPSConnection(parts.netloc, timeout=_TIMEOUT_S, context=secure), target
    return http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT_S), target


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
