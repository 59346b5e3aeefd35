"""Unsubscribing and preferences: by the link of one's own mail, without signing in.

GET and HEAD never change anything (scanners follow every link). RFC 8058: a POST whose body says
`List-Unsubscribe=One-Click` unsubscribes at once, without a question, a cookie or a redirect.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from tabiji.content.public import brand
from tabiji.core import crypto, postgres
from tabiji.core.crypto import TokenKind
from tabiji.messaging.public import messages, returns
from tabiji.people.public import consent
from tabiji.web.public.views import html_response, not_here, public_view
from tabiji.workspaces.public import workspace

_ONE_CLICK: Final = "One-Click"
_TITLES: Final = {
    "unsubscribe": _("Stop receiving mails?"),
    "unsubscribed": _("Mails are stopped"),
    "preferences": _("Preferences"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@public_view
def unsubscribe(request: HttpRequest, nonce: str, token: str) -> HttpResponse:
    """`/u/<token>`: GET asks, POST does."""

    def answer(message_id: int) -> HttpResponse:
        if request.method != "POST":
            return _sheet("unsubscribe", message_id, token)
        is_one_click = request.POST.get("List-Unsubscribe") == _ONE_CLICK
        via = "one_click" if is_one_click else "page"
        returns.unsubscribe(message_id, via=via, at=workspace.business_now())
        if is_one_click:
            return HttpResponse("unsubscribed", content_type="text/plain")
        return _sheet("unsubscribed", message_id, token)

    return _of_message(request, "unsubscribe", token, answer)


@require_http_methods(["GET", "HEAD", "POST"])
@public_view
def preferences(request: HttpRequest, nonce: str, token: str) -> HttpResponse:
    """`/m/<token>`: what a person receives; a change is a grant or withdrawal in the ledger."""

    def answer(message_id: int) -> HttpResponse:
        is_saved = request.method == "POST"
        if is_saved:
            _save(message_id, wanted=request.POST.get("marketing") == "1")
        return _sheet("preferences", message_id, token, is_saved=is_saved)

    return _of_message(request, "preferences", token, answer)


def _of_message(
    request: HttpRequest, kind: TokenKind, token: str, answer: Callable[[int], HttpResponse]
) -> HttpResponse:
    try:
        workspace_id, message_id = crypto.read(kind, token)
    except (crypto.BadToken, ValueError):
        return not_here(request)
    with postgres.workspace_scope(workspace_id):
        try:
            messages.get(message_id)
        except messages.NoSuchMessage:
            return not_here(request)
        return answer(message_id)


def _save(message_id: int, *, wanted: bool) -> None:
    at = workspace.business_now()
    if wanted:
        returns.subscribe(message_id, at=at, text=_consent_text())
    else:
        returns.unsubscribe(message_id, via="preferences", at=at)


def _consent_text() -> str:
    with override(workspace.current().language):
        return render_to_string("public/consent_text.txt", {"sender": brand.get().sender_name}).strip()


def _sheet(name: str, message_id: int, token: str, *, is_saved: bool = False) -> HttpResponse:
    found = messages.get(message_id)
    state = consent.states([found.person_id], "mail").get(found.person_id)
    language = workspace.current().language
    with override(language):
        html = render_to_string(
            f"public/{name}.html",
            {
                "language": language,
                "title": str(_TITLES[name]),
                "brand": brand.get(),
                "address": found.address,
                "is_granted": state is not None and state.state == "granted",
                "is_saved": is_saved,
                "text": _consent_text(),
                "preferences": crypto.sign("preferences", postgres.workspace_id(), message_id),
            },
        )
    return html_response(html, language)
