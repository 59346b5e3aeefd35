"""The list of audiences: how many are in each, where it is used, when it was looked at last."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tabiji.audiences.contracts import AudienceInfo
from tabiji.audiences.public import audience
from tabiji.core.paging import ListQuery, Page
from tabiji.web.audiences.used_in import Uses
from tabiji.web.components import lists
from tabiji.web.components.lists import Choice, Column, Empty, Filter, ListScreen
from tabiji.web.customers import behind
from tabiji.web.insights import headers
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission


@page(Permission.SEE_AUDIENCES)
def index(request: WorkspaceRequest) -> HttpResponse:
    """All audiences, newest first."""
    context = {"list": lists.render(_Listed(request).screen(), request)}
    return render(request, "audiences/audiences.html", context)


class _Listed:
    def __init__(self, request: WorkspaceRequest) -> None:
        self._request = request
        self._uses = Uses(request)

    def screen(self) -> ListScreen[AudienceInfo]:
        may_edit = self._request.actor.may(Permission.EDIT_AUDIENCES)
        new = reverse("audiences-new", args=[self._request.workspace.slug]) if may_edit else ""
        return ListScreen(
            "audiences",
            [
                Column("name", pgettext_lazy("audience", "Name"), self._name, is_head=True),
                Column("people", gettext_lazy("People"), self._people, is_number=True),
                Column("used", gettext_lazy("Used in"), self._used),
                Column("refreshed", gettext_lazy("Looked at"), self._refreshed),
                Column("responsible", gettext_lazy("Responsible"), self._responsible),
            ],
            self._load,
            Empty(
                gettext_lazy("There is no audience yet"),
                gettext_lazy(
                    "An audience says in conditions whom you mean. Whoever fits is in it, at any time."
                ),
                gettext_lazy("Make the first audience") if may_edit else "",
                new,
                gettext_lazy("Example: viewed the price page twice in 28 days, and has no appointment"),
            ),
            [
                Filter("q", pgettext_lazy("audience", "Name")),
                Filter(
                    "state",
                    gettext_lazy("State"),
                    [Choice("archived", pgettext_lazy("audience", "Put away"))],
                ),
            ],
        )

    def _load(self, query: ListQuery) -> Page[AudienceInfo]:
        found = audience.list_all(archived=query.filters.get("state") == "archived")
        text = query.filters.get("q", "").casefold()
        kept = [one for one in found if text in one.name.casefold()]
        return Page(kept, "", len(kept))

    def _name(self, one: AudienceInfo) -> SafeString:
        href = reverse("audiences-detail", args=[self._request.workspace.slug, one.id])
        return lists.link(href, one.name, one.why)

    def _people(self, one: AudienceInfo) -> SafeString:
        href = behind.address(self._request, "audience", one.id)
        return format_html('<a href="{}">{}</a>', href, on_screen.people(one.size))

    def _used(self, one: AudienceInfo) -> str | SafeString:
        uses = self._uses.of(one.id)
        if not uses:
            return format_html('<span class="muted">{}</span>', _("Nowhere yet"))
        return format_html_join(
            format_html("{}", _(", ")), '<a href="{}">{}</a>', ((use.href, use.label) for use in uses)
        )

    def _refreshed(self, one: AudienceInfo) -> str | SafeString:
        if one.error:
            return format_html('<span class="hot">{}</span>', _("Stands still"))
        return on_screen.moment(one.refreshed_at) or _("Not looked at yet")

    def _responsible(self, one: AudienceInfo) -> str | SafeString:
        name = headers.responsible(one.responsible_id)
        return name or format_html('<span class="hot">{}</span>', _("Nobody"))
