"""How far people come with a form, and at which field they give it up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tabiji.core import clickhouse
from tabiji.insights.public import form_report
from tabiji.pages.contracts import PublicInfo
from tabiji.pages.public import documents
from tabiji.pages.public import forms as public_forms
from tabiji.web.customers import behind
from tabiji.web.customers.behind import Behind
from tabiji.web.insights import spans
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission

PERIOD: Final = "90d"
SENTENCES: Final[Mapping[str, object]] = {
    form_report.SEEN: gettext_lazy("Saw the form “%(form)s” (period: %(period)s)"),
    form_report.BEGAN: gettext_lazy("Began the form “%(form)s” (period: %(period)s)"),
    form_report.SENT: gettext_lazy("Sent the form “%(form)s” (period: %(period)s)"),
    form_report.GAVE_UP: gettext_lazy("Began the form “%(form)s” and gave it up (period: %(period)s)"),
    form_report.LEFT_AT: gettext_lazy(
        "Began the form “%(form)s” and gave it up, last at “%(field)s” (period: %(period)s)"
    ),
    form_report.ERROR: gettext_lazy(
        "Were refused by the form “%(form)s” at “%(field)s” (period: %(period)s)"
    ),
}
LABELS: Final = (
    (form_report.SEEN, pgettext_lazy("form", "Saw it")),
    (form_report.BEGAN, pgettext_lazy("form", "Began it")),
    (form_report.SENT, pgettext_lazy("form", "Sent it")),
    (form_report.GAVE_UP, pgettext_lazy("form", "Gave it up")),
)


@dataclass(frozen=True, slots=True)
class Stage:
    label: str
    heads: int
    href: str


@dataclass(frozen=True, slots=True)
class Field:
    """One row of the table."""

    label: str
    gave_up: int
    gave_up_href: str
    refused: int
    refused_href: str


@page(Permission.SEE_CONTENT)
def visits(request: WorkspaceRequest, form_id: int) -> HttpResponse:
    """A part of the form's page that is asked for after it, so that the page never waits for counting."""
    info = public_forms.get(form_id)
    span = spans.by_key(PERIOD, request.now)
    try:
        counted = form_report.numbers(form_id, span.period)
    except clickhouse.ClickHouseResting:
        return render(request, "content/form_visits.html", {"rests": True})
    labels = _labels(info)
    heads = {
        form_report.SEEN: counted.seen,
        form_report.BEGAN: counted.began,
        form_report.SENT: counted.sent,
        form_report.GAVE_UP: counted.gave_up,
    }
    context = {
        "period": span.name,
        "stages": [
            Stage(str(label), heads[stage], _address(request, form_id, stage)) for stage, label in LABELS
        ],
        "seen": counted.seen,
        "fields": [
            Field(
                _label(labels, one.field),
                one.gave_up,
                _address(request, form_id, form_report.LEFT_AT, one.field),
                one.refused,
                _address(request, form_id, form_report.ERROR, one.field),
            )
            for one in counted.fields
        ],
    }
    return render(request, "content/form_visits.html", context)


def _labels(info: PublicInfo) -> dict[str, str]:
    """What the questions of our own form are called; a site's own form has the names of its page."""
    return {one.key: one.label for one in documents.parse_form(info.document).fields if one.label}


def _label(labels: Mapping[str, str], field: str) -> str:
    return labels.get(field, field) or _("Not known where")


def _address(request: WorkspaceRequest, form_id: int, stage: str, field: str = "") -> str:
    return behind.address(request, "form-visits", form_id, stage, field)


def _behind(request: WorkspaceRequest, form_id: int, stage: str, field: str) -> Behind:
    info, span = public_forms.get(form_id), spans.by_key(PERIOD, request.now)
    who = form_report.who(form_id, span.period, stage, field)
    said = str(SENTENCES[stage]) % {
        "form": info.name,
        "period": span.name,
        "field": _label(_labels(info), field),
    }
    return Behind(who.people, said, who.anonymous)


behind.sources.add("form-visits", _behind)
