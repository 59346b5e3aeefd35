"""A mail as its reader sees it: words, links, headers. Pure; reads wire bytes and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Final

ONE_CLICK: Final = "List-Unsubscribe=One-Click"
"""RFC 8058: the value of List-Unsubscribe-Post, and the body of the POST."""


@dataclass(frozen=True, slots=True)
class Link:
    """is_hidden: no person can see it in the mail; who follows it is a machine."""

    label: str
    url: str
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """unsubscribe_url: of List-Unsubscribe, empty without one; is_one_click: RFC 8058 is promised for it."""

    subject: str
    sender: str
    to: str
    date: datetime | None
    html: str
    text: str
    headers: tuple[tuple[str, str], ...]
    links: tuple[Link, ...]
    unsubscribe_url: str
    is_one_click: bool


def read(wire: bytes) -> Letter:
    """The whole mail. What cannot be decoded is shown with replacement characters, never refused."""
    mail = message_from_bytes(wire, policy=policy.default)
    html, text = _body(mail, "html"), _body(mail, "plain")
    return Letter(
        str(mail["Subject"] or ""),
        str(mail["From"] or ""),
        str(mail["To"] or ""),
        _date(mail),
        html,
        text,
        tuple(_headers(wire)),
        tuple(links_of(html) if html else [Link(url, url) for url in _PLAIN_URL.findall(text)]),
        next(iter(_ANGLE_URL.findall(str(mail["List-Unsubscribe"] or ""))), ""),
        str(mail["List-Unsubscribe-Post"] or "").replace(" ", "") == ONE_CLICK,
    )


def envelope_words(wire: bytes) -> tuple[str, str]:
    """(From, Subject) for a list; only the head is read."""
    head = wire.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    mail = BytesHeaderParser(policy=policy.default).parsebytes(head)
    return str(mail["From"] or ""), str(mail["Subject"] or "")


def framed(html: str) -> str:
    """The HTML for a frame: its links open outside of it."""
    base = '<base target="_blank">'
    opened = _HEAD.sub(lambda found: found.group(0) + base, html, count=1)
    return opened if opened != html else base + html


def links_of(html: str) -> list[Link]:
    """Links to the web in the order of the mail, each with the words that people click."""
    reader = _LinkReader()
    reader.feed(html)
    reader.close()
    return reader.links


class _LinkReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[Link] = []
        self._open: tuple[str, bool] | None = None
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            self._finish()
            url = (given.get("href") or "").strip()
            if url.startswith(("http://", "https://")):
                style = (given.get("style") or "").replace(" ", "").lower()
                self._open = (url, "display:none" in style or "hidden" in given)
        elif tag == "img" and self._open is not None:
            self._words.append(given.get("alt") or "")

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._finish()

    def close(self) -> None:
        super().close()
        self._finish()

    def _finish(self) -> None:
        if self._open is not None:
            url, is_hidden = self._open
            label = " ".join("".join(self._words).split())
            self.links.append(Link(label or url, url, is_hidden))
        self._open, self._words = None, []


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, ValueError):  # a charset that Python does not know, a body that is no text
        raw = part.get_payload(decode=True)
        return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""


def _headers(wire: bytes) -> list[tuple[str, str]]:
    """As they stand on the wire, folded lines joined."""
    head = wire.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
    return [(name, value.strip()) for name, colon, value in (line.partition(":") for line in lines) if colon]


def _date(mail: EmailMessage) -> datetime | None:
    try:
        return parsedate_to_datetime(str(mail["Date"]))
    except ValueError:
        return None


_ANGLE_URL: Final = re.compile(r"<\s*(https?://[^>\s]+)\s*>", re.IGNORECASE)
_PLAIN_URL: Final = re.compile(r"https?://[^\s<>\"'()]+")
_HEAD: Final = re.compile(r"<head(\s[^>]*)?>", re.IGNORECASE)
