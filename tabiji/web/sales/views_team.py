"""チーム状況: who carries how much, who waits, to whom it can go; and the rules by which all of it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms as django_forms
from django.contrib import messages as notes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST

from tabiji.core.paging import ListQuery
from tabiji.people.public import fields
from tabiji.sales.contracts import Load
from tabiji.sales.public import deals, hand_overs, policy, team
from tabiji.web.home import handing
from tabiji.web.sales import forms, refusals, showing
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, calendar, members

_WAITING: Final = 100
_FREE_ROWS: Final = 2
_MOST_ROWS: Final = 20
_SHOWN_ANYWAY: Final = frozenset({"last_name", "first_name", "company", "phone", "owner_id"})
"""What stands at the head of every packet."""
Pairs = tuple[tuple[str, str], ...]


@page(Permission.MANAGE_SALES)
def index(request: WorkspaceRequest) -> HttpResponse:
    since = handing.since(request.now)
    figures = team.figures(request.now, since=since)
    refs = figures.not_accepted.refs[:_WAITING]
    known = hand_overs.get_many(refs)
    rules, opening = policy.current(), calendar.current()
    context = {
        "figures": figures,
        "since": since,
        "returned": sum(one.figure.count for one in figures.returns),
        "most_returns": max((one.figure.count for one in figures.returns), default=0),
        "loads": [(one, _key(one)) for one in figures.loads],
        "most_load": max((_load(one) for one in figures.loads), default=0),
        "waiting": showing.hand_overs(request, [known[ref] for ref in refs if ref in known]),
        "sellers": forms.sellers(),
        "rules": rules,
        "opens": opening.opens,
        "closes": opening.closes,
    }
    return render(request, "sales/team.html", context)


@require_POST
@page(Permission.MANAGE_SALES)
def give(request: WorkspaceRequest) -> HttpResponse:
    """The ticked hand-overs go to somebody else."""
    ids = [int(text) for text in request.POST.getlist("id")[:500] if text.isdecimal() and len(text) < 19]
    to = forms.number(request.POST.get("to"))
    if not ids or to is None:
        notes.error(request, _("Tick who is to be given, and choose to whom."))
        return redirect("team", request.workspace.slug)
    moved = refusals.as_note(
        request, lambda: hand_overs.reassign(ids, to=to, at=request.now, actor=request.actor)
    )
    if moved is not None:
        said = ngettext("%(n)s given to %(name)s.", "%(n)s given to %(name)s.", len(moved))
        notes.success(request, said % {"n": len(moved), "name": members.names().get(to, "")})
    return redirect("team", request.workspace.slug)


class RulesForm(django_forms.Form):
    """How this workspace sells."""

    accept_hours = django_forms.FloatField(
        label=pgettext_lazy("rules", "Hours to accept"),
        min_value=0.25,
        max_value=1_000,
        help_text=gettext_lazy("Open business hours. Then the manager is told, once."),
        widget=django_forms.NumberInput(attrs={"step": "0.25"}),
    )
    hold_marketing = django_forms.BooleanField(
        label=pgettext_lazy("rules", "Stop marketing mails from accepting until the deal closes"),
        required=False,
    )
    packet_fields = django_forms.MultipleChoiceField(
        label=pgettext_lazy("rules", "Fields in the packet"),
        choices=[],
        required=False,
        help_text=gettext_lazy("Without a choice, every field of your own is shown."),
        widget=django_forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=dict(initial or {}))
        shown = [one for one in fields.list_fields() if one.key not in _SHOWN_ANYWAY]
        forms.offer(self, "packet_fields", [(one.key, one.label) for one in shown])


@dataclass(frozen=True, slots=True)
class Named:
    """A row of a list of names that can be changed. key: empty for a new one."""

    key: str
    label: str
    place: int


@page(Permission.MANAGE_SALES)
def rules(request: WorkspaceRequest) -> HttpResponse:
    now = policy.current()
    initial = {
        "accept_hours": f"{now.accept_hours:g}",
        "hold_marketing": now.hold_marketing,
        "packet_fields": list(now.packet_fields),
    }
    form = RulesForm(request.POST or None, initial)
    lists = {"phases": _rows(now.phases), "lines": _rows(now.lines)}
    if request.method == "POST":
        lists = {name: _sent(request, name) for name in lists}
        if form.is_valid() and _keep(request, form, now, lists):
            notes.success(request, _("Saved."))
            return redirect("team", request.workspace.slug)
    context = {"form": form, **lists}
    return render(request, "sales/rules.html", context, status=422 if form.errors else 200)


def _keep(
    request: WorkspaceRequest, form: RulesForm, before: policy.Policy, lists: dict[str, list[Named]]
) -> bool:
    """Keep the rules; what cannot be is said in the form, and nothing is changed."""
    phases = _named(lists["phases"], "phase")
    lines = _named(lists["lines"], "line")
    for name, old, new in (("phase", before.phases, phases), ("line", before.lines, lines)):
        for key, label in old:
            count = deals.list_deals(ListQuery({name: key}, limit=1)).total if key not in dict(new) else 0
            if count:
                form.add_error(
                    None,
                    ngettext(
                        "“%(name)s” cannot go: %(n)s deal stands in it.",
                        "“%(name)s” cannot go: %(n)s deals stand in it.",
                        count,
                    )
                    % {"name": label, "n": count},
                )
    if not phases or not lines:
        form.add_error(None, _("Name at least one phase and one line of business."))
    if form.errors:
        return False
    values = form.cleaned_data
    wanted = policy.Policy(
        values["accept_hours"], values["hold_marketing"], phases, lines, tuple(values["packet_fields"])
    )
    try:
        policy.set_policy(wanted, actor=request.actor)
    except policy.BadPolicy as refused:
        form.add_error(None, refused.why)
        return False
    return True


def _rows(pairs: Sequence[tuple[str, str]]) -> list[Named]:
    rows = [Named(key, label, place) for place, (key, label) in enumerate(pairs, 1)]
    return [*rows, *(Named("", "", len(rows) + n) for n in range(1, _FREE_ROWS + 1))]


def _sent(request: WorkspaceRequest, name: str) -> list[Named]:
    """The rows as they were typed, in the order that the numbers say."""
    keys, labels, places = (request.POST.getlist(f"{name}_{part}") for part in ("key", "label", "place"))
    rows = [
        Named(key[:40], label.replace("\x00", "").strip()[:60], int(place) if place.isdecimal() else n)
        for n, (key, label, place) in enumerate(zip(keys, labels, places, strict=False), 1)
    ]
    return sorted(rows[:_MOST_ROWS], key=lambda row: row.place)


def _named(rows: Sequence[Named], word: str) -> Pairs:
    """(key, label) of the rows with a label; a new one gets a key that nobody reads."""
    taken = {row.key for row in rows}
    found: list[tuple[str, str]] = []
    for row in rows:
        if not row.label:
            continue
        key = row.key
        if not key:
            key = next(name for n in range(1, 1_000) if (name := f"{word}_{n}") not in taken)
            taken.add(key)
        found.append((key, row.label))
    return tuple(found)


def _key(one: Load) -> str:
    return "pool" if one.user_id is None else str(one.user_id)


def _load(one: Load) -> int:
    return one.pending.count + one.accepted.count
