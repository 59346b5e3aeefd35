"""Landing pages: the list, a new one, and a page with its versions."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tabiji.pages.contracts import PublicInfo, Visit
from tabiji.pages.public import BadKey, documents, landing
from tabiji.web.components import lists
from tabiji.web.components.lists import Column, Empty, Filter, ListScreen
from tabiji.web.content import drafting, frames, header, page_blocks, rows, words
from tabiji.web.content.used_in import Uses
from tabiji.web.content.views_mails import state_cell, uses_cell
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, members


@page(Permission.SEE_CONTENT)
def index(request: WorkspaceRequest) -> HttpResponse:
    """All landing pages, newest first."""
    return render(request, "content/pages.html", {"list": lists.render(_Listed(request).screen(), request)})


@page(Permission.EDIT_CONTENT)
def new(request: WorkspaceRequest) -> HttpResponse:
    """Its name, its address for ever, and the form that it shows."""
    form = NewPage(request.POST or None, initial={"language": on_screen.language()})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = landing.create(
                said["name"],
                key=said["key"],
                actor=request.actor,
                document={
                    "version": 1,
                    "title": said["name"],
                    "blocks": page_blocks.starter(said["form"] or 0, said["language"]),
                },
                language=said["language"],
                why=said["why"],
            )
        except BadKey:
            form.add_error("key", _("This address is taken, or has other letters than a–z, 0–9 and hyphens."))
        else:
            return redirect("pages-edit", request.workspace.slug, made)
    context = {"form": form, "address": public_address(request, "")}
    return render(request, "content/page_new.html", context, status=422 if form.errors else 200)


@page(Permission.SEE_CONTENT)
def detail(request: WorkspaceRequest, page_id: int) -> HttpResponse:
    """A page: its header, its address, the version that visitors see (or the one asked for), all versions."""
    info = landing.get(page_id)
    versions = landing.list_versions(page_id)
    context = {
        "info": info,
        "header": header.of(request, "page", page_id, info.version),
        "version": drafting.asked_version(request, versions, info.version_id),
        "versions": versions,
        "names": members.names(),
        "address": public_address(request, info.key),
        "saved_at": info.updated_at,
    }
    return render(request, "content/page.html", context)


@page(Permission.SEE_CONTENT)
def frame(request: WorkspaceRequest, page_id: int) -> HttpResponse:
    """A version (`version=` its number; without one the draft) for a frame."""
    info = landing.get(page_id)
    version = (
        drafting.asked_version(request, landing.list_versions(page_id), info.version_id)
        if "version" in request.GET
        else None
    )
    if version is None:
        return frames.public(lambda nonce: landing.preview(page_id, now=request.now, nonce=nonce))
    return frames.public(
        lambda nonce: landing.render(version, context=Visit(request.now, nonce, is_preview=True))
    )


class NewPage(forms.Form):
    """What a new landing page needs."""

    name = forms.CharField(label=pgettext_lazy("page", "Name"), max_length=200)
    key = forms.RegexField(
        label=gettext_lazy("Last part of the address"),
        regex=r"^[a-z0-9][a-z0-9-]{0,59}$",
        widget=forms.TextInput(attrs={"autocapitalize": "off"}),
        error_messages={"invalid": gettext_lazy("Use small letters, digits and hyphens.")},
        help_text=gettext_lazy(
            "Small letters, digits and hyphens. It never changes, so that links stay good."
        ),
    )
    form = rows.number_of(gettext_lazy("Form on it"))
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=words.LANGUAGES)
    why = forms.CharField(
        label=gettext_lazy("Why"), max_length=1_000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, data: object = None, *, initial: dict[str, object] | None = None) -> None:
        super().__init__(data, initial=initial)  # type: ignore[arg-type]
        field = self.fields["form"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = page_blocks.form_choices(chosen=0, may_be_none=True)


def public_address(request: WorkspaceRequest, key: str) -> str:
    """Where visitors find a page."""
    return f"{settings.PUBLIC_URL}/p/{request.workspace.slug}/{key}"


@dataclass
class _Listed:
    """The rows of the list, with what they need read once."""

    request: WorkspaceRequest

    def __post_init__(self) -> None:
        self._uses = Uses(self.request)
        self._names = members.names()

    def screen(self) -> ListScreen[PublicInfo]:
        may_edit = self.request.actor.may(Permission.EDIT_CONTENT)
        return ListScreen(
            view="pages",
            columns=[
                Column("name", pgettext_lazy("page", "Name"), self._name, is_head=True),
                Column("state", gettext_lazy("State"), self._state),
                Column("address", gettext_lazy("Address"), self._address),
                Column("used", gettext_lazy("Used in"), lambda row: uses_cell(self._uses, "page", row.id)),
                Column("saved", gettext_lazy("Last change"), self._saved),
            ],
            load=landing.list_pages,
            empty=Empty(
                gettext_lazy("There is no landing page yet"),
                gettext_lazy("A page with one promise and one form, served from here."),
                gettext_lazy("Make the first page") if may_edit else "",
                reverse("pages-new", args=[self.request.workspace.slug]) if may_edit else "",
                gettext_lazy(
                    "Example: “Your orders on the web in three months”, with the form of the case book"
                ),
            ),
            filters=[Filter("q", gettext_lazy("Name and address"))],
            unit=_counted,
        )

    def _name(self, row: PublicInfo) -> SafeString:
        title = documents.parse_page(row.document).title
        href = reverse("pages-detail", args=[self.request.workspace.slug, row.id])
        return lists.link(href, row.name, title if title != row.name else "")

    def _state(self, row: PublicInfo) -> SafeString:
        return state_cell("page", row.state, row.version, is_changed=row.is_changed)

    def _address(self, row: PublicInfo) -> SafeString:
        path = f"/p/{self.request.workspace.slug}/{row.key}"
        if not row.version:
            return format_html('<span class="muted">{}</span>', path)
        return format_html('<a href="{}">{}</a>', public_address(self.request, row.key), path)

    def _saved(self, row: PublicInfo) -> str:
        at = on_screen.moment(row.updated_at)
        return f"{at} {self._names.get(row.updated_by or 0, '')}"


def _counted(count: int) -> str:
    if on_screen.is_japanese():
        return f"{count:,}ページ"
    return f"{count:,} page" if count == 1 else f"{count:,} pages"
