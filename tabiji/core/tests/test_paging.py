"""Page links: only those that a list of ours gave out are followed."""

from __future__ import annotations

import base64

import pytest

from tabiji.core import paging


def test_what_was_given_out_comes_back() -> None:
    assert paging.from_cursor(paging.to_cursor("佐藤", 7), 2) == ["佐藤", 7]


@pytest.mark.parametrize(
    "forged",
    [
        base64.urlsafe_b64encode(b'["no number"]').decode(),
        base64.urlsafe_b64encode(b"123456789" + b"[7]").decode(),
        "AAAA",
        "x",
        "\u3042",
        paging.to_cursor(7)[:-1] + "A",
        paging.to_cursor(7, 8),
    ],
)
def test_what_was_not_is_refused(forged: str) -> None:
    with pytest.raises(paging.BadCursor):
        paging.from_cursor(forged, 1)
