"""The shell's own pages: where to go after signing in, notices, search."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from tabiji.core import postgres
from tabiji.core.paging import ListQuery
from tabiji.people.public import companies, persons
from tabiji.web.shell import sentences
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, notices, workspace


@login_required
def choose_workspace(request: HttpRequest) -> HttpResponse:
    """Straight into the only (or last used) workspace; a list where there are several."""
    joined = workspace.list_of_user(cast(int, request.user.pk))
    last = request.session.get("workspace")
    for membership in joined:
        if membership.slug == last or len(joined) == 1:
            return redirect("home", membership.slug)
    return render(request, "shell/choose_workspace.html", {"memberships": joined})


@require_POST
@login_required
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the colleague's language and go back."""
    language = request.POST.get("language", "ja")
    if language in ("ja", "en"):
        postgres.execute("UPDATE staff_user SET language = %s WHERE id = %s", [language, request.user.pk])
    back = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()})
    return HttpResponseRedirect(back if safe else "/")


@page()
def notice_list(request: WorkspaceRequest) -> HttpResponse:
    """The colleague's notices, newest first; seen means read."""
    found = notices.list_newest(request.actor.user_id)
    lines = list(zip(found, sentences.of_notices(found), strict=True))
    response = render(request, "shell/notices.html", {"lines": lines})
    notices.mark_read(request.actor.user_id)
    return response


@page(Permission.SEE_PEOPLE)
def search(request: WorkspaceRequest) -> HttpResponse:
    """Results of the palette: people by name, kana, mail, phone or company; companies."""
    text = request.GET.get("q", "").strip()[:100]
    people = persons.search(text, 8) if request.actor.may(Permission.SEE_PERSONAL_DATA) else []
    found = companies.list_companies(ListQuery({"q": text}, limit=4)).rows if len(text) > 1 else []
    return render(request, "shell/search_results.html", {"text": text, "people": people, "companies": found})
