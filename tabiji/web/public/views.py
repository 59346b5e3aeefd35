"""Landing pages and their forms: no sign-in, no session, no cookie of ours, no script but the snippet.

What protects a form is its ticket (signed, for one submission), a field that people cannot see, a
moment that people need, and limits; there is no cookie that a forged request could ride on.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.translation import get_language_from_request, override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from tabiji.core import postgres
from tabiji.pages.contracts import Errors, FormState, PublicVersion, Ticket, Visit
from tabiji.pages.public import NoSuchPublic, documents, forms, landing, tickets
from tabiji.web.shell.requests import address_of
from tabiji.workspaces.public import keys, workspace

_MOST_KEPT: Final = 5_000
"""Characters of an answer that come back with an error."""
_NOT_TAKEN: Final = 422
_View = Callable[..., HttpResponse]


def public_view(view: _View) -> _View:
    """Headers of a public page; a calm page for what is not here."""

    @csrf_exempt
    @wraps(view)
    def inside(request: HttpRequest, **kwargs: str) -> HttpResponse:
        nonce = secrets.token_urlsafe(16)
        try:
            response = view(request, nonce, **kwargs)
        except (NoSuchPublic, tickets.BadToken, workspace.NoSuchWorkspace):
            response = not_here(request)
        except (RequestDataTooBig, TooManyFieldsSent, SuspiciousOperation, BadRequest, UnicodeError):
            response = HttpResponse("", status=400)
        for name, value in _headers(nonce).items():
            response.headers[name] = value
        return response

    return inside


@require_safe
@public_view
def page(request: HttpRequest, nonce: str, workspace: str, key: str) -> HttpResponse:
    """`/p/<workspace>/<page>`"""
    found = landing.find_public(workspace, key)
    if found is None:
        return not_here(request)
    workspace_id, _page_id, version_id = found
    with postgres.workspace_scope(workspace_id):
        visit = replace(_visit(nonce), query={name: str(value) for name, value in request.GET.items()})
        version = landing.get_version(version_id)
        return html_response(landing.render(version, context=visit), version.language)


@require_http_methods(["GET", "HEAD", "POST"])
@public_view
def submit(request: HttpRequest, nonce: str, token: str) -> HttpResponse:
    """`/f/<ticket>/submit`: thanks, or the same page with what has to be corrected."""
    ticket = tickets.read(token)
    with postgres.workspace_scope(ticket.workspace_id):
        version = forms.get_version(ticket.form_version_id)
        if forms.get(version.definition_id).state == "archived":
            return not_here(request, status=410)
        if request.method != "POST":
            return HttpResponseRedirect(_page_address(ticket) or "/")
        if request.content_type != "application/x-www-form-urlencoded":
            raise BadRequest("our forms carry no files")
        data = {name: str(value) for name, value in request.POST.items()}
        visit = _visit(nonce)
        outcome = forms.submit(
            version.id,
            data,
            anonymous_id=data.get(documents.ANONYMOUS, ""),
            address=address_of(request),
            agent=request.headers.get("User-Agent", ""),
            now=visit.now,
            url=_url(request, ticket),
            utm=data,
            ticket=ticket,
        )
        if isinstance(outcome, Errors):
            return _again(version, ticket, visit, data, outcome)
    return HttpResponseRedirect(f"/f/{token}/thanks", status=303)


@require_safe
@public_view
def thanks(request: HttpRequest, nonce: str, token: str) -> HttpResponse:
    """`/f/<ticket>/thanks`: may be loaded again without sending anything again."""
    ticket = tickets.read(token)
    with postgres.workspace_scope(ticket.workspace_id):
        version = forms.get_version(ticket.form_version_id)
        return html_response(forms.render_thanks(version, context=_visit(nonce)), version.language)


def _again(
    version: PublicVersion, ticket: Ticket, visit: Visit, data: Mapping[str, str], errors: Errors
) -> HttpResponse:
    if errors.needs_ticket:
        ticket = tickets.issue(ticket.workspace_id, version.id, ticket.page_id, now=visit.now)
    kept = {name: value[:_MOST_KEPT] for name, value in data.items()}
    visit = replace(visit, forms={version.id: FormState(kept, errors, tickets.sign(ticket))})
    shown = landing.get(ticket.page_id).version_id if ticket.page_id else None
    if shown is None:
        html = forms.render_alone(version, context=visit)
    else:
        html = landing.render(landing.get_version(shown), context=visit)
        if f"/f/{visit.forms[version.id].token}/submit" not in html:
            # The page has been changed since and shows another form or version.
            html = forms.render_alone(version, context=visit)
    return html_response(html, version.language, _NOT_TAKEN)


def _visit(nonce: str) -> Visit:
    write_key = next((key.public for key in keys.list_keys() if key.kind == "write"), "")
    return Visit(workspace.business_now(), nonce, write_key, settings.COLLECTOR_URL)


def _page_address(ticket: Ticket) -> str:
    if not ticket.page_id:
        return ""
    return f"/p/{workspace.current().slug}/{landing.get(ticket.page_id).key}"


def _url(request: HttpRequest, ticket: Ticket) -> str:
    """The page that the form stood on: what the browser says, if it is one of ours."""
    said = request.headers.get("Referer", "")
    if said.startswith(f"{settings.PUBLIC_URL}/"):
        return said
    path = _page_address(ticket)
    return settings.PUBLIC_URL + path if path else ""


def not_here(request: HttpRequest, *, status: int = 404) -> HttpResponse:
    language = get_language_from_request(request)
    with override(language):
        return html_response(
            render_to_string("pages/not_found.html", {"language": language}), language, status
        )


def html_response(html: str, language: str, status: int = 200) -> HttpResponse:
    return HttpResponse(html, status=status, headers={"Content-Language": language})


def _headers(nonce: str) -> dict[str, str]:
    static = _origin(settings.STATIC_URL)
    collector = _origin(settings.COLLECTOR_URL)
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'self' {static} 'nonce-{nonce}'; script-src 'self' {static};"
            f" connect-src {collector}; img-src 'self' https: data:; font-src 'self'; form-action 'self';"
            " base-uri 'none'; frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "X-Frame-Options": "DENY",
    }


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
