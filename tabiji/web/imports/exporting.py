"""People as a file for a spreadsheet: whom, which columns, why. Each is in the audit log."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tabiji.audiences.public import audience
from tabiji.people.public import exports, fields, lists, persons
from tabiji.web.customers import behind
from tabiji.web.customers.behind import Behind
from tabiji.web.imports.running import as_file
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission

_USUAL: Final = ("last_name", "first_name", "email", "company", "department", "title")
_NOT_OFFERED: Final = ("owner_id",)


class ExportForm(forms.Form):
    """Whom, what of them, and what for."""

    who = forms.ChoiceField(label=gettext_lazy("Who is exported"))
    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Columns"), widget=forms.CheckboxSelectMultiple, initial=list(_USUAL)
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("For which spreadsheet"),
        choices=[
            ("utf-8-sig", gettext_lazy("UTF-8: for today’s Excel and all others")),
            ("cp932", gettext_lazy("Shift_JIS: for old tools (letters it does not have become 〓)")),
        ],
        initial="utf-8-sig",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("What for"),
        max_length=200,
        help_text=gettext_lazy("Kept in the audit log, with your name and the number of people."),
    )

    def __init__(self, data: Any = None, *, who: list[tuple[str, str]], initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        own = [(info.key, info.label) for info in fields.list_fields() if info.key not in _NOT_OFFERED]
        for name, choices in (("who", who), ("columns", own)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices


@page(Permission.IMPORT_EXPORT)
def export(request: WorkspaceRequest) -> HttpResponse:
    """The form; posted, the file. `?of=`: exactly the people behind a number."""
    token = request.GET.get("of", "")
    among = behind.resolve(request, token) if token else None
    initial = {"who": "of" if among else "all", "columns": list(_USUAL), "encoding": "utf-8-sig"}
    form = ExportForm(
        request.POST if request.method == "POST" else None, who=_offered(among), initial=initial
    )
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        content = exports.people(
            _people(said["who"], among),
            actor=request.actor,
            columns=said["columns"],
            reason=said["reason"],
            encoding=said["encoding"],
        )
        today = timezone.localtime(request.now).strftime("%Y%m%d")
        return as_file(b"".join(content), _("people %(day)s") % {"day": today})
    context = {"form": form, "is_masked": not request.actor.may(Permission.SEE_PERSONAL_DATA)}
    return render(request, "imports/export.html", context, status=422 if form.errors else 200)


def _offered(among: Behind | None) -> list[tuple[str, str]]:
    found = [("of", f"{among.sentence} · {on_screen.people(len(among.people))}")] if among else []
    found.append(("all", _("Everybody") + " · " + on_screen.people(persons.count())))
    found += [
        (
            f"audience:{one.id}",
            _("Audience “%(name)s”") % {"name": one.name} + " · " + on_screen.people(one.size),
        )
        for one in audience.list_all()
    ]
    found += [
        (
            f"list:{one.id}",
            _("Static list “%(name)s”") % {"name": one.name} + " · " + on_screen.people(one.people),
        )
        for one in lists.list_all()
    ]
    return found


def _people(who: str, among: Behind | None) -> list[UUID]:
    kind, _colon, number = who.partition(":")
    match kind:
        case "of" if among is not None:
            return list(among.people)
        case "audience":
            return audience.member_ids(int(number))
        case "list":
            return lists.member_ids(int(number))
    return persons.matching_ids({})
