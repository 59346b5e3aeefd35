"""Lists are read a page at a time, after a key and never by offset."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from django.conf import settings

T = TypeVar("T")
S = TypeVar("S")
_MARK: Final = 9
"""Bytes."""


class BadCursor(ValueError):
    """The `after` of a list that did not come from that list."""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What is asked of a `list_*` function.

    filters: name to text, closed set per list; sort: column name, `-` before it for descending;
    after: the cursor of the last row seen, empty for the first page; limit: 1 to 200 rows.
    """

    filters: dict[str, str] = field(default_factory=dict)
    sort: str = ""
    columns: tuple[str, ...] = ()
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """rows; next: the cursor for the following page, empty on the last; total: all that match."""

    rows: Sequence[T]
    next: str = ""
    total: int = 0

    def map(self, change: Callable[[T], S]) -> Page[S]:
        return Page([change(row) for row in self.rows], self.next, self.total)


def to_cursor(*key: Any) -> str:
    """The key of a row as text, with our mark: what comes back is what a list of ours gave out."""
    said = json.dumps(key, default=str).encode()
    return base64.urlsafe_b64encode(_mark(said) + said).rstrip(b"=").decode()


def from_cursor(cursor: str, width: int) -> list[Any]:
    """The key of the last row seen; raises BadCursor."""
    try:
        given = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        key = json.loads(given[_MARK:]) if hmac.compare_digest(given[:_MARK], _mark(given[_MARK:])) else None
    except (binascii.Error, ValueError) as error:
        raise BadCursor("this page link is not valid any more: open the list again") from error
    if not isinstance(key, list) or len(key) != width:
        raise BadCursor("this page link is not valid any more: open the list again")
    return key


def _mark(said: bytes) -> bytes:
    return hmac.digest(settings.SIGNING_KEY.encode(), b"paging:" + said, "sha256")[:_MARK]
