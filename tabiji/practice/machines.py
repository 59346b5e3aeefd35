"""Playing the machines that touch a mail: a scanner that opens every link, a mailbox that unsubscribes.

Both go over the wire, to our own two processes on this machine only. They take their time: never call them
inside a transaction.
"""

from __future__ import annotations

import http.client
import ipaddress
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal
from urllib.parse import urlsplit

from django.conf import settings

from tabiji.practice.letters import ONE_CLICK, Link

SCANNER: Final = "Mozilla/5.0 (compatible; PracticeLinkScannerBot/1.0)"
_MAILBOX: Final = "PracticeMailbox/1.0"
_TIMEOUT_S: Final = 5.0
_MOST: Final = 50

Method = Literal["HEAD", "GET", "POST"]
_METHODS: Final[tuple[Method, ...]] = ("HEAD", "GET")


class NotOurs(ValueError):
    """Neither the console nor the collector on this machine: practice mode never reaches anything else."""


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
    except NotOurs:
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
    ours = {_origin(settings.PUBLIC_URL), _origin(settings.COLLECTOR_URL)}
    if _origin(url) not in ours or not _is_loopback(parts.hostname or ""):
        raise NotOurs(f"{parts.hostname} is no process of ours on this machine")
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    if parts.scheme == "https":
        secure = ssl.create_default_context()
        return http.client.HTTPSConnection(parts.netloc, timeout=_TIMEOUT_S, context=secure), target
    return http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT_S), target


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    try:
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", "", None
    return parts.scheme, parts.hostname or "", port


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
