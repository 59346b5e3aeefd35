"""Slips in mail addresses: what somebody may have meant. Asked, never changed by itself."""

from __future__ import annotations

from typing import Final

_DOMAINS: Final = (
    "gmail.com",
    "googlemail.com",
    "yahoo.co.jp",
    "yahoo.com",
    "ymail.ne.jp",
    "icloud.com",
    "outlook.com",
    "outlook.jp",
    "hotmail.com",
    "hotmail.co.jp",
    "docomo.ne.jp",
    "ezweb.ne.jp",
    "softbank.ne.jp",
    "i.softbank.jp",
    "ymobile.ne.jp",
    "rakuten.jp",
    "nifty.com",
    "biglobe.ne.jp",
    "so-net.ne.jp",
    "excite.co.jp",
)
_OTHERS: Final = frozenset(
    {"mail.com", "email.com", "gmx.com", "ymail.com", "hotmail.fr", "hotmail.de", "me.com"}
)
"""Real providers whose names look like a slip."""
_ENDINGS: Final = {
    ".con": ".com",
    ".comm": ".com",
    ".cmo": ".com",
    ".ocm": ".com",
    ".vom": ".com",
    ".xom": ".com",
    ".co.jo": ".co.jp",
    ".co.jpp": ".co.jp",
    ".co.hp": ".co.jp",
    ".cp.jp": ".co.jp",
    ".coo.jp": ".co.jp",
    ".co,jp": ".co.jp",
    ".ne.jo": ".ne.jp",
    ".ne.jpp": ".ne.jp",
    ".nejp": ".ne.jp",
    ".cojp": ".co.jp",
    ".or.jo": ".or.jp",
}


def suggestion(address: str) -> str:
    """The address that was perhaps meant; empty where nothing looks like a slip."""
    local, at, domain = address.rpartition("@")
    if not at or domain in _DOMAINS or domain in _OTHERS:
        return ""
    for ending, right in _ENDINGS.items():
        if domain.endswith(ending):
            return f"{local}@{domain.removesuffix(ending)}{right}"
    near = next((known for known in _DOMAINS if _is_one_slip(domain, known)), "")
    return f"{local}@{near}" if near else ""


def _is_one_slip(typed: str, meant: str) -> bool:
    """One letter too many, too few, or wrong, or two neighbours exchanged."""
    if abs(len(typed) - len(meant)) > 1 or typed == meant:
        return False
    start = next(
        (n for n, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant))
    )
    a, b = typed[start:], meant[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
