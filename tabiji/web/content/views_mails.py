"""Mails: the list, a new one, and a mail with its versions."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from tabiji.content.contracts import Draft, MailInfo, MailVersion
from tabiji.content.public import mails, previewing
from tabiji.core.paging import ListQuery, Page
from tabiji.messaging.public import sending
from tabiji.people.public import persons
from tabiji.web.components import lists
from tabiji.web.components.lists import Choice, Column, Empty, Filter, ListScreen
from tabiji.web.content import drafting, frames, header, mail_blocks, reading, words
from tabiji.web.content.used_in import Uses
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, members


@page(Permission.SEE_CONTENT)
def index(request: WorkspaceRequest) -> HttpResponse:
    """All mails, newest first."""
    return render(request, "content/mails.html", {"list": lists.render(_Listed(request).screen(), request)})


@page(Permission.EDIT_CONTENT)
def new(request: WorkspaceRequest) -> HttpResponse:
    """What it is for, then its editor."""
    form = NewMail(request.POST or None, initial={"purpose": "marketing", "language": on_screen.language()})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        made = mails.create(
            said["name"],
            actor=request.actor,
            document=mail_blocks.starter(said["purpose"], said["language"]),
            purpose=said["purpose"],
            language=said["language"],
            why=said["why"],
        )
        return redirect("mails-edit", request.workspace.slug, made)
    return render(request, "content/mail_new.html", {"form": form}, status=422 if form.errors else 200)


@page(Permission.SEE_CONTENT)
def detail(request: WorkspaceRequest, mail_id: int) -> HttpResponse:
    """A mail: its header, the version in use (or the one asked for) as two people get it, all versions."""
    mail = mails.get(mail_id)
    versions = mails.list_versions(mail_id)
    version = drafting.asked_version(request, versions, mail.version_id)
    draft = _draft_of(version) if version else mails.draft_of(mail)
    heads = [_head(request, mail_id, draft, who) for who in (reading.REAL, reading.GAP)]
    context = {
        "mail": mail,
        "header": header.of(request, "mail", mail_id, mail.version),
        "version": version,
        "versions": versions,
        "names": members.names(),
        "heads": heads,
        "draft": draft,
        "text": _text(request, mail_id, draft),
        "purpose": words.PURPOSES[draft.purpose],
        "saved_at": mail.updated_at,
    }
    return render(request, "content/mail.html", context)


@page(Permission.SEE_CONTENT)
def frame(request: WorkspaceRequest, mail_id: int) -> HttpResponse:
    """A version (`version=` its number; without one the draft) as `who=` gets it, for a frame."""
    mail = mails.get(mail_id)
    version = (
        drafting.asked_version(request, mails.list_versions(mail_id), mail.version_id)
        if "version" in request.GET
        else None
    )
    draft = _draft_of(version) if version else mails.draft_of(mail)
    return framed(request, mail_id, draft)


@require_POST
@page(Permission.EDIT_CONTENT)
def test(request: WorkspaceRequest, mail_id: int) -> HttpResponse:
    """Send a version, or the draft as it was saved, to oneself."""
    mail = mails.get(mail_id)
    asked = request.POST.get("version", "")
    version = next((one for one in mails.list_versions(mail_id) if str(one.number) == asked), None)
    draft = _draft_of(version) if version else mails.draft_of(mail)
    reader = reading.reader(request, mail_id, draft, reading.REAL)
    shown = previewing.preview(mail_id, reader.id, now=request.now, draft=draft)
    address = str(getattr(request.user, "email", ""))
    back = reverse("mails-detail", args=[request.workspace.slug, mail_id])
    if not version:
        back = reverse("mails-edit", args=[request.workspace.slug, mail_id])
    if shown.mail is None:
        messages.error(request, _("It cannot be sent yet: mend the problems first."))
    elif sending.is_sent(sending.test_copy(shown.mail, address)):
        messages.success(request, _("A test is on its way to %(address)s.") % {"address": address})
    else:
        messages.error(
            request, _("The mail server did not take the test: look at the sending domain and try again.")
        )
    return redirect(f"{back}?version={version.number}" if version else back)


@page(Permission.SEE_CONTENT)
def readers(request: WorkspaceRequest, mail_id: int) -> HttpResponse:
    """People to look at a mail as: by name, mail address or company."""
    mails.get(mail_id)
    text = request.GET.get("q", "").strip()[:100]
    found = persons.search(text, 8) if request.actor.may(Permission.SEE_PERSONAL_DATA) else []
    context = {"people": found, "text": text, "mail_id": mail_id, "base": request.GET.get("base", "detail")}
    return render(request, "content/readers.html", context)


class NewMail(forms.Form):
    """What a new mail is for."""

    name = forms.CharField(
        label=pgettext_lazy("mail", "Name"),
        max_length=200,
        help_text=gettext_lazy("For colleagues; readers never see it."),
    )
    purpose = forms.ChoiceField(label=gettext_lazy("Kind"), choices=list(words.PURPOSES.items()))
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=words.LANGUAGES)
    why = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=1_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("What it is there for, so that others know when it may go."),
    )


def framed(request: WorkspaceRequest, mail_id: int, draft: Draft) -> HttpResponse:
    """A draft as `who=` gets it, with what is missing marked."""
    reader = reading.reader(request, mail_id, draft, request.GET.get("who", reading.REAL))
    shown = previewing.preview(mail_id, reader.id, now=request.now, draft=draft, marks_missing=True)
    if shown.mail is None:
        return frames.nothing([_("A merge field cannot be read: see the list of problems.")])
    return frames.mail(shown.mail.html)


def _draft_of(version: MailVersion) -> Draft:
    return Draft(version.subject, version.preheader, version.document, version.language, version.purpose)


def _head(request: WorkspaceRequest, mail_id: int, draft: Draft, who: str) -> reading.Head:
    reader = reading.reader(request, mail_id, draft, who)
    shown = previewing.preview(mail_id, reader.id, now=request.now, draft=draft, marks_missing=True)
    return reading.head(reader, shown)


def _text(request: WorkspaceRequest, mail_id: int, draft: Draft) -> str:
    reader = reading.reader(request, mail_id, draft, reading.REAL)
    shown = previewing.preview(mail_id, reader.id, now=request.now, draft=draft)
    return shown.mail.text if shown.mail else ""


@dataclass
class _Listed:
    """The rows of the list, with what they need read once."""

    request: WorkspaceRequest

    def __post_init__(self) -> None:
        self._uses = Uses(self.request)
        self._names = members.names()

    def screen(self) -> ListScreen[MailInfo]:
        may_edit = self.request.actor.may(Permission.EDIT_CONTENT)
        purposes = [Choice(key, label) for key, label in words.PURPOSES.items()]
        return ListScreen(
            view="mails",
            columns=[
                Column("name", pgettext_lazy("mail", "Name"), self._name, is_head=True),
                Column("state", gettext_lazy("State"), self._state),
                Column("purpose", gettext_lazy("Kind"), lambda row: str(words.PURPOSES[row.purpose])),
                Column("used", gettext_lazy("Used in"), self._used),
                Column("saved", gettext_lazy("Last change"), self._saved),
            ],
            load=lambda query: _mails(query),
            empty=Empty(
                gettext_lazy("There is no mail yet"),
                gettext_lazy("Journeys, broadcasts and auto-replies send what is written here."),
                gettext_lazy("Write the first mail") if may_edit else "",
                reverse("mails-new", args=[self.request.workspace.slug]) if may_edit else "",
                gettext_lazy("Example: the auto-reply to a document request, “Here is your case book”"),
            ),
            filters=[
                Filter("q", gettext_lazy("Name and subject")),
                Filter("purpose", gettext_lazy("Kind"), purposes),
            ],
            unit=_counted,
        )

    def _name(self, row: MailInfo) -> SafeString:
        href = reverse("mails-detail", args=[self.request.workspace.slug, row.id])
        return lists.link(href, row.name, row.subject)

    def _state(self, row: MailInfo) -> SafeString:
        return state_cell("mail", row.state, row.version, is_changed=row.is_changed)

    def _used(self, row: MailInfo) -> SafeString | str:
        return uses_cell(self._uses, "mail", row.id)

    def _saved(self, row: MailInfo) -> str:
        at = on_screen.moment(row.updated_at)
        return f"{at} {self._names.get(row.updated_by or 0, '')}"


def _mails(query: ListQuery) -> Page[MailInfo]:
    purpose = query.filters.get("purpose", "")
    known = {**query.filters, "purpose": purpose if purpose in words.PURPOSES else ""}
    return mails.list_mails(ListQuery(known, query.sort, (), query.after, query.limit))


def _counted(count: int) -> str:
    if on_screen.is_japanese():
        return f"{count:,}通"
    return f"{count:,} mail" if count == 1 else f"{count:,} mails"


def state_cell(kind: str, state: str, version: int, *, is_changed: bool) -> SafeString:
    css = " state-running" if version and state != "archived" else ""
    said = format_html('<span class="state{}">{}</span>', css, words.state(kind, state, version))
    if version and is_changed and state != "archived":
        return format_html('{} <span class="tag tag-wait">{}</span>', said, _("Draft differs"))
    return said


def uses_cell(uses: Uses, kind: str, definition_id: int) -> SafeString | str:
    found = uses.of(kind, definition_id)
    if not found:
        return format_html('<span class="muted">{}</span>', _("Nowhere yet"))
    first = lists.link(found[0].href, found[0].label) if found[0].href else found[0].label
    if len(found) == 1:
        return first
    return format_html("{} {}", first, _("and %(n)d more") % {"n": len(found) - 1})
