"""Whose address counts: what a client writes itself is never believed."""

from __future__ import annotations

import pytest

from tabiji.core.addresses import client_address


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ("198.51.100.7", 0, "10.0.0.1"),
        ("", 1, "10.0.0.1"),
        ("198.51.100.7", 1, "198.51.100.7"),
        ("6.6.6.6, 198.51.100.7", 1, "198.51.100.7"),
        ("6.6.6.6, 198.51.100.7, 192.0.2.1", 2, "198.51.100.7"),
        ("198.51.100.7", 2, "198.51.100.7"),
        ("198.51.100.7:41000", 1, "198.51.100.7"),
        ("[2001:db8::7]:41000", 1, "2001:db8::7"),
        ("2001:db8::7", 1, "2001:db8::7"),
        ("6.6.6.6, unknown", 1, "10.0.0.1"),
    ],
)
def test_only_what_our_own_proxies_saw_is_believed(forwarded: str, proxies: int, address: str) -> None:
    assert client_address("10.0.0.1", forwarded, proxies) == address
