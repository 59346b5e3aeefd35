"""Where links and images may lead: a closed set of schemes, nothing that runs."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

MAX_URL: Final = 2_000
_UNSAFE: Final = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\"'<>\\^`{|}]")
_MAIL: Final = re.compile(r"mailto:[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE: Final = re.compile(r"tel:\+?[0-9-]{3,20}")


def fault(url: str, *, inside: bool = False) -> str:
    """Why this may not be a link's target, as a code; empty when it may.

    inside: a place of the same page (`#form`) or site (`/p/…`) is one as well.
    """
    if not url.strip():
        return "no_url"
    if len(url) > MAX_URL:
        return "url_too_long"
    if "{{" in url or "{%" in url:
        return "url_with_field"
    if _UNSAFE.search(url):
        return "bad_url"
    if inside and (url.startswith("#") or (url.startswith("/") and not url.startswith("//"))):
        return ""
    if _MAIL.fullmatch(url) or _PHONE.fullmatch(url):
        return ""
    return "" if is_web(url) else "bad_url"


def is_web(url: str) -> bool:
    """An http(s) address with a host and without a user's name in it."""
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and port_fits
    )
