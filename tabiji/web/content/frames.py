"""What previews show, each in a frame with a policy of its own under which nothing runs and nothing leads away."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

from django.http import HttpResponse
from django.template.loader import render_to_string

MAIL_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; frame-ancestors 'self'; sandbox"


def mail(html: str) -> HttpResponse:
    """A mail as its reader gets it: images may come from elsewhere, as in a mailbox."""
    return _framed(html, MAIL_POLICY)


def public(draw: Callable[[str], str]) -> HttpResponse:
    """A public page. draw: the page for the nonce of its style."""
    nonce = secrets.token_urlsafe(16)
    policy = (
        f"default-src 'none'; style-src 'self' 'nonce-{nonce}'; img-src 'self' https: data:; font-src 'self';"
        " form-action 'none'; frame-ancestors 'self'; sandbox"
    )
    return _framed(draw(nonce), policy)


def nothing(sentences: list[str]) -> HttpResponse:
    """In place of what cannot be shown: why."""
    nonce = secrets.token_urlsafe(16)
    html = render_to_string("content/frame_nothing.html", {"sentences": sentences, "nonce": nonce})
    return _framed(html, f"default-src 'none'; style-src 'nonce-{nonce}'; frame-ancestors 'self'; sandbox")


def _framed(html: str, policy: str) -> HttpResponse:
    response = HttpResponse(html)
    response.headers["Content-Security-Policy"] = policy
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
