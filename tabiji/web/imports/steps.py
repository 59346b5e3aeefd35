"""The way of a file until it is started: choose it, say what its columns are, see what would happen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages as flashes
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from tabiji.people.contracts import Basis
from tabiji.people.public import fields, imports, lists, tables
from tabiji.web.customers import words as customer_words
from tabiji.web.imports import words
from tabiji.web.insights.funnels import offer
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission

ROWS_SHOWN: Final = 8
_NOT_BY_FILE: Final = ("owner_id",)
"""A colleague is no text of a spreadsheet."""


class FileForm(forms.Form):
    """Which file, and how its letters are written."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        allow_empty_file=True,  # said in our words below
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
    )
    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"), required=False)

    def __init__(self, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files)
        field = self.fields["encoding"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("By itself")), *((one, words.encoding(one)) for one in tables.ENCODINGS)]


class HowForm(forms.Form):
    """How to go about it."""

    overwrite = forms.ChoiceField(
        label=gettext_lazy("People who are already here"),
        choices=[
            ("", gettext_lazy("Fill only what is empty")),
            ("1", gettext_lazy("Values of the file go first")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )
    list = forms.ChoiceField(label=gettext_lazy("Put on a static list"), required=False)
    new_list = forms.CharField(label=gettext_lazy("Or a new list, called"), max_length=200, required=False)
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Kept with people who have none yet. Example: spring exhibition"),
    )
    basis = forms.ChoiceField(
        label=gettext_lazy("May mails be sent to them?"),
        required=False,
        help_text=gettext_lazy("Whoever has unsubscribed stays unsubscribed, whatever is chosen here."),
    )
    note = forms.CharField(
        label=gettext_lazy("Evidence"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "Where and how it came about. Kept in the consent ledger of each person, with the file and the row."
        ),
    )

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        offer(self, "list", [(str(one.id), one.name) for one in lists.list_all()])
        bases = [(basis.value, customer_words.of(customer_words.BASES, basis.value)) for basis in Basis]
        field = self.fields["basis"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Nothing is known: no mail goes to the new ones")), *bases]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("basis") and not values.get("note", "").strip():
            self.add_error("note", _("Say where and how: without evidence no basis is kept."))
        return values


@page(Permission.IMPORT_EXPORT)
def new(request: WorkspaceRequest) -> HttpResponse:
    """Choose a file. One that cannot be read is refused here, and nothing is kept."""
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if form.is_bound and form.is_valid():
        try:
            made = _upload(request, form.cleaned_data["file"], form.cleaned_data["encoding"])
        except tables.UnreadableFile as error:
            form.add_error("file", words.refusal(error))
        else:
            return redirect("imports-columns", request.workspace.slug, made)
    context = {
        "form": form,
        "most_mb": tables.MAX_BYTES // 1_000_000,
        "most_rows": tables.MAX_ROWS,
    }
    return render(request, "imports/new.html", context, status=422 if form.errors else 200)


@page(Permission.IMPORT_EXPORT)
def columns(request: WorkspaceRequest, import_id: int) -> HttpResponse:
    """What each column is, and how to go about it."""
    found = imports.get(import_id)
    if found.state != "uploaded":
        return redirect("imports-detail", request.workspace.slug, import_id)
    form = HowForm(request.POST if request.method == "POST" else None, initial=_initial(found))
    mapping = (
        _mapping(request.POST) if form.is_bound else {int(key): one for key, one in found.mapping.items()}
    )
    problem = ""
    if form.is_bound and form.is_valid():
        try:
            imports.map_columns(import_id, mapping, _options(request, form.cleaned_data), actor=request.actor)
            return redirect("imports-check", request.workspace.slug, import_id)
        except imports.NotReady as error:
            problem = str(error)
    table = imports.preview(import_id, ROWS_SHOWN)
    context = {
        "import": found,
        "form": form,
        "problem": problem,
        "columns": _shown(table, mapping),
        "encoding": words.encoding(found.encoding),
        "encodings": [(one, words.encoding(one), one == found.encoding) for one in tables.ENCODINGS],
        "shown": len(table.rows),
        "offered": _fields(),
    }
    is_wrong = bool(problem) or (form.is_bound and bool(form.errors))
    return render(request, "imports/columns.html", context, status=422 if is_wrong else 200)


@require_POST
@page(Permission.IMPORT_EXPORT)
def encoding(request: WorkspaceRequest, import_id: int) -> HttpResponse:
    """Read the file once more, with other letters."""
    imports.get(import_id)
    asked = request.POST.get("encoding", "")
    try:
        if asked in tables.ENCODINGS:
            imports.reread(import_id, asked)
    except tables.UnreadableFile as error:
        flashes.error(request, words.refusal(error))
    except imports.NotReady as error:
        flashes.error(request, str(error))
    return redirect("imports-columns", request.workspace.slug, import_id)


@page(Permission.IMPORT_EXPORT)
def check(request: WorkspaceRequest, import_id: int) -> HttpResponse:
    """What would happen to each row. Nothing is written."""
    found = imports.get(import_id)
    if found.state != "uploaded":
        return redirect("imports-detail", request.workspace.slug, import_id)
    counts, failed = imports.try_out(import_id)
    options = imports.Options(**found.options)
    context = {
        "import": found,
        "counts": counts,
        "takes": found.rows_total - counts["error"],
        "failed": failed,
        "more": max(counts["error"] - len(failed), 0),
        "options": options,
        "basis": customer_words.of(customer_words.BASES, options.basis) if options.basis else "",
        "list": lists.get(options.list_id) if options.list_id else None,
    }
    return render(request, "imports/check.html", context)


@require_POST
@page(Permission.IMPORT_EXPORT)
def start(request: WorkspaceRequest, import_id: int) -> HttpResponse:
    """Carry it out. Pressed twice it is started once."""
    found = imports.get(import_id)
    if found.state == "uploaded":
        try:
            imports.start(import_id, actor=request.actor)
        except imports.NotReady as error:
            flashes.error(request, str(error))
            return redirect("imports-columns", request.workspace.slug, import_id)
    return redirect("imports-detail", request.workspace.slug, import_id)


def _upload(request: WorkspaceRequest, file: UploadedFile[Any], encoding: str) -> int:
    """Raises tables.UnreadableFile, before a file that is too large is read at all."""
    if (file.size or 0) > tables.MAX_BYTES:
        raise tables.UnreadableFile("too_large", most_mb=tables.MAX_BYTES // 1_000_000)
    return imports.upload(
        file.name or _("Without a name"),
        file.read(),
        actor=request.actor,
        now=request.now,
        encoding=encoding,
    )


def _options(request: WorkspaceRequest, values: Mapping[str, Any]) -> imports.Options:
    list_id = int(values["list"]) if values["list"] else None
    if values["new_list"].strip():
        list_id = lists.create(values["new_list"].strip(), actor=request.actor)
    return imports.Options(
        overwrite=bool(values["overwrite"]),
        list_id=list_id,
        basis=values["basis"],
        source=values["source"],
        note=values["note"],
    )


def _initial(found: imports.ImportInfo) -> dict[str, Any]:
    kept = imports.Options(**found.options)
    return {
        "overwrite": "1" if kept.overwrite else "",
        "list": str(kept.list_id or ""),
        "source": kept.source,
        "basis": kept.basis,
        "note": kept.note,
    }


def _mapping(post: Mapping[str, Any]) -> dict[int, str]:
    found = {}
    for number in range(tables.MAX_COLUMNS):
        field = str(post.get(f"column-{number}", ""))[:100]
        if field:
            found[number] = field
    return found


@dataclass(frozen=True, slots=True)
class Shown:
    """One column of the file: its name, the first values, and the field it goes to."""

    number: int
    name: str
    values: list[str]
    field: str


def _shown(table: tables.Table, mapping: Mapping[int, str]) -> list[Shown]:
    return [
        Shown(
            number,
            name or _("Column %(number)d") % {"number": number + 1},
            [row[number][:60] for row in table.rows if row[number]][:3],
            mapping.get(number, ""),
        )
        for number, name in enumerate(table.header)
    ]


def _fields() -> list[tuple[str, str]]:
    """(field, what it is called): names first, then all that a person has."""
    own = [(info.key, info.label) for info in fields.list_fields() if info.key not in _NOT_BY_FILE]
    special = [(key, str(label)) for key, label in _SPECIAL.items()]
    return [*own, *special]


_SPECIAL: Final[dict[str, Any]] = {
    "full_name": pgettext_lazy("import", "Full name (family name first, with a space)"),
    "exchanged_on": pgettext_lazy("import", "Day of the exchange of cards"),
    "user_id": pgettext_lazy("import", "Member number"),
}
