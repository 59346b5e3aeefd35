"""Settings behind a proxy with TLS: what depends on the address and on the number of proxies."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from tabiji.runtime import settings

_FILE = str(Path(settings.__file__))


def read(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(_FILE)


def test_behind_a_proxy_with_tls_requests_are_secure_and_mails_link_to_https(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = read(monkeypatch, TABIJI_BEHIND_PROXY="2", TABIJI_PUBLIC_URL="https://ma.example")

    assert found["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert found["ACCOUNT_DEFAULT_HTTP_PROTOCOL"] == "https"
    assert found["SECURE_HSTS_SECONDS"] > 0
    assert (found["BEHIND_PROXY"], found["ALLAUTH_TRUSTED_PROXY_COUNT"]) == (2, 2)


def test_without_a_proxy_nobody_is_believed_to_come_by_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, TABIJI_BEHIND_PROXY="0", TABIJI_PUBLIC_URL="http://127.0.0.1:8000")

    assert found["SECURE_PROXY_SSL_HEADER"] is None
    assert found["ACCOUNT_DEFAULT_HTTP_PROTOCOL"] == "http"
    assert (found["BEHIND_PROXY"], found["SECURE_HSTS_SECONDS"]) == (0, 0)


def test_a_number_of_proxies_that_is_none_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="TABIJI_BEHIND_PROXY"):
        read(monkeypatch, TABIJI_BEHIND_PROXY="yes")


def test_days_until_the_archive_that_are_no_number_are_refused_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert read(monkeypatch, TABIJI_ARCHIVE_AFTER_DAYS="30")["ARCHIVE_AFTER_DAYS"] == 30
    with pytest.raises(ValueError, match="TABIJI_ARCHIVE_AFTER_DAYS"):
        read(monkeypatch, TABIJI_ARCHIVE_AFTER_DAYS="-1")
