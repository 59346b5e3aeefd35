"""Broadcasts: the list, the draft, the pre-send screen, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages as flashes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from tabiji.audiences.public import asking, audience, conditions
from tabiji.content.contracts import Purpose
from tabiji.content.public import mails
from tabiji.core import clock
from tabiji.core.paging import ListQuery, Page
from tabiji.messaging.contracts import BroadcastInfo, Preflight
from tabiji.messaging.public import broadcasts, domains, messages, sending, standing
from tabiji.purpose.public import initiatives
from tabiji.web.components import condition_rows, lists
from tabiji.web.components.condition_rows import Where
from tabiji.web.components.lists import Choice, Column, Empty, Filter, ListScreen
from tabiji.web.customers import behind
from tabiji.web.journeys import words
from tabiji.web.shell import links, on_screen
from tabiji.web.shell.requests import WorkspaceRequest, is_fragment, page
from tabiji.workspaces.public import Permission, definitions

STATES = ("draft", "scheduled", "running", "ended", "cancelled")
EVERYBODY = Where()


@page(Permission.SEE_JOURNEYS)
def broadcast_list(request: WorkspaceRequest) -> HttpResponse:
    """All broadcasts, newest first."""
    listed = _Listed(request)
    context = {"list": lists.render(listed.screen(), request), "is_sending": standing.is_busy(request.now)}
    return render(request, "journeys/broadcasts.html", context)


@page(Permission.EDIT_JOURNEYS)
def new(request: WorkspaceRequest) -> HttpResponse:
    return _edit(request, None)


@page(Permission.EDIT_JOURNEYS)
def edit(request: WorkspaceRequest, broadcast_id: int) -> HttpResponse:
    """Change a draft."""
    found = broadcasts.get(broadcast_id)
    if found.state != "draft":
        return redirect("broadcasts-detail", request.workspace.slug, broadcast_id)
    return _edit(request, found)


@require_POST
@page(Permission.EDIT_JOURNEYS)
def count(request: WorkspaceRequest) -> HttpResponse:
    """How many people the form as it stands means."""
    post = _texts(request)
    try:
        condition = conditions.parse(_condition(post, condition_rows.typed(post)))
        counted = asking.removed_by_line(condition, now=request.now)
    except conditions.BadCondition as error:
        return render(request, "components/live_count.html", {"error": error.why}, status=422)
    except asking.CountingRests:
        return render(request, "components/live_count.html", {"rests": True})
    context = {"count": counted.total, "everybody": counted.everyone}
    return render(request, "components/live_count.html", context)


@page(Permission.SEE_JOURNEYS)
def detail(request: WorkspaceRequest, broadcast_id: int) -> HttpResponse:
    """The pre-send screen of a draft; of one that was started, what became of it."""
    found = broadcasts.get(broadcast_id)
    if found.state == "draft":
        return _before(request, found)
    return render(request, "journeys/broadcast.html", _results(request, found))


@page(Permission.SEE_JOURNEYS)
def progress(request: WorkspaceRequest, broadcast_id: int) -> HttpResponse:
    """How far the sending is, for the line that grows."""
    return render(
        request, "journeys/broadcast_progress.html", _results(request, broadcasts.get(broadcast_id))
    )


@require_POST
@page(Permission.EDIT_JOURNEYS)
def test(request: WorkspaceRequest, broadcast_id: int) -> HttpResponse:
    """A copy to the colleague who asks, as one of these people would get it."""
    found = broadcasts.get(broadcast_id)
    said, is_good = _test(request, found)
    (flashes.success if is_good else flashes.error)(request, said)
    return redirect("broadcasts-detail", request.workspace.slug, broadcast_id)


@require_POST
@page(Permission.START_SENDS)
def send(request: WorkspaceRequest, broadcast_id: int) -> HttpResponse:
    """Now, or at the time that was chosen. The dialog before it said the number."""
    found = broadcasts.get(broadcast_id)
    at = _moment(request.POST.get("at", ""))
    if not _has_domain():
        return _before(request, found, status=422)
    try:
        broadcasts.start(broadcast_id, actor=request.actor, now=request.now, send_at=at)
    except broadcasts.CannotSend:
        return _before(request, found, refused=_("Choose a mail that was published."), status=422)
    return redirect("broadcasts-detail", request.workspace.slug, broadcast_id)


@require_POST
@page(Permission.START_SENDS)
def cancel(request: WorkspaceRequest, broadcast_id: int) -> HttpResponse:
    """What has not left yet stays here."""
    found = broadcasts.get(broadcast_id)
    if found.state == "running" or (found.state == "ended" and _still_open(broadcast_id)):
        withdrawn = broadcasts.cancel(broadcast_id, actor=request.actor, now=request.now)
        flashes.success(
            request, _("Cancelled: %(people)s get nothing.") % {"people": on_screen.people(withdrawn)}
        )
    return redirect("broadcasts-detail", request.workspace.slug, broadcast_id)


# -- the draft ----------------------------------------------------------------------------------


class Draft(forms.Form):
    """Who gets it is read beside this form: a saved audience, or sentences."""

    name = forms.CharField(label=pgettext_lazy("broadcast", "Name"), max_length=120)
    why = forms.CharField(
        label=gettext_lazy("Why"), widget=forms.Textarea(attrs={"rows": 2}), max_length=500, required=False
    )
    mail = forms.ChoiceField(label=gettext_lazy("Mail"))
    initiative = forms.ChoiceField(label=gettext_lazy("Initiative"), required=False)

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        found = mails.list_mails(ListQuery({"purpose": Purpose.MARKETING.value}, limit=200)).rows
        own = [(str(one.id), one.name) for one in found if one.version_id]
        plans = [(str(one.id), one.name) for one in initiatives.list_all()]
        for name, choices in (("mail", own), ("initiative", plans)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", _("Not chosen yet")), *choices]


def _edit(request: WorkspaceRequest, found: BroadcastInfo | None) -> HttpResponse:
    post, is_posted = _texts(request), request.method == "POST"
    stored = dict(found.condition) if found else condition_rows.beginning(EVERYBODY)
    lines = condition_rows.typed(post) if is_posted else condition_rows.lines_of(stored, EVERYBODY)
    does, _colon, argument = post.get("do", "").partition(":")
    if does:
        lines, _made = condition_rows.act(lines, does, argument.partition("/")[2], EVERYBODY)
    form = Draft(request.POST if is_posted else None, initial=_initial(found))
    error: conditions.BadCondition | str = ""
    if is_posted and not does:
        try:
            condition = _condition(post, lines)
            if form.is_valid():
                made = _save(request, found, form.cleaned_data, condition)
                return redirect("broadcasts-detail", request.workspace.slug, made)
        except conditions.BadCondition as wrong:
            error = wrong
    context = {
        "form": form,
        "broadcast": found,
        "rows": condition_rows.rows(lines, EVERYBODY, error=error),
        "audiences": audience.list_all(),
        "audience_id": _audience_chosen(post) if is_posted else _audience_of(stored),
    }
    if is_fragment(request):
        return render(request, "journeys/broadcast_who.html", context, status=422 if error else 200)
    status = 422 if is_posted else 200
    return render(request, "journeys/broadcast_form.html", context, status=status)


def _condition(post: Mapping[str, str], lines: condition_rows.Line) -> dict[str, Any]:
    """Raises BadCondition."""
    if post.get("who") != "audience":
        return condition_rows.tree(lines, EVERYBODY)
    number = _audience_chosen(post)
    if not number:
        raise conditions.BadCondition("", _("Choose an audience."))
    data = {"version": 1, "kind": "value", "of": "audience", "ref": number, "op": "member"}
    return conditions.parse(data).data()


def _audience_chosen(post: Mapping[str, str]) -> str:
    number = post.get("audience", "") if post.get("who") == "audience" else ""
    return number if number.isdecimal() else ""


def _save(
    request: WorkspaceRequest,
    found: BroadcastInfo | None,
    said: Mapping[str, Any],
    condition: dict[str, Any],
) -> int:
    mail_id = int(said["mail"])
    initiative_id = int(said["initiative"] or 0)
    if found is None:
        made = broadcasts.create(
            said["name"],
            actor=request.actor,
            condition=condition,
            mail_id=mail_id,
            initiative_id=initiative_id,
            why=said["why"],
        )
        if initiative_id:
            initiatives.add_members(initiative_id, [made], actor=request.actor)
        return made
    broadcasts.save(
        found.id, actor=request.actor, condition=condition, mail_id=mail_id, initiative_id=initiative_id
    )
    definitions.update(found.id, actor=request.actor, name=said["name"], why=said["why"])
    return found.id


def _initial(found: BroadcastInfo | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {
        "name": found.name,
        "why": definitions.get(found.id).why,
        "mail": str(found.mail_id or ""),
        "initiative": str(found.initiative_id or ""),
    }


def _audience_of(condition: Mapping[str, Any]) -> str:
    """The saved audience that the condition is, if it is one."""
    try:
        root = conditions.read(dict(condition)).root
    except conditions.BadCondition:
        return ""
    is_audience = isinstance(root, conditions.Value) and root.of == "audience" and root.op == "member"
    return str(root.ref) if is_audience and isinstance(root, conditions.Value) else ""


# -- before sending -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LeftOut:
    reason: str
    people: int


def _before(
    request: WorkspaceRequest, found: BroadcastInfo, *, refused: str = "", status: int = 200
) -> HttpResponse:
    asked = request.GET.get("at", "") or request.POST.get("at", "")
    at = _moment(asked)
    flight: Preflight | None = None
    try:
        flight = broadcasts.preflight(found.id, now=request.now, send_at=at)
    except asking.CountingRests:
        refused = refused or _("Counting is resting: try again in a moment.")
    except conditions.BadCondition as error:
        refused = refused or error.why
    mail = mails.get(found.mail_id) if found.mail_id else None
    context = {
        "broadcast": found,
        "header": definitions.get(found.id),
        "sentence": _said(found),
        "mail": mail,
        "flight": flight,
        "left_out": [LeftOut(reason.value, people) for reason, people in _by_size(flight)],
        "at": asked if at else "",
        "at_iso": at.isoformat() if at else "",
        "now_local": timezone.localtime(request.now).strftime("%Y-%m-%dT%H:%M"),
        "refused": refused,
        "why_not": _why_not(request, mail, flight),
        "initiative": initiatives.get_many([found.initiative_id]).get(found.initiative_id),
    }
    return render(request, "journeys/broadcast_before.html", context, status=status)


def _why_not(request: WorkspaceRequest, mail: Any, flight: Preflight | None) -> str:
    """Why the button cannot be pressed; empty where it can."""
    if not request.actor.may(Permission.START_SENDS):
        return _("Your role may not send.")
    if mail is None or mail.version_id is None:
        return _("Choose a mail that was published.")
    if not _has_domain():
        return _("No sending domain is set up: an admin does it in the settings.")
    if flight is None or not flight.will_send:
        return _("Nobody would get it.")
    return ""


def _has_domain() -> bool:
    try:
        domains.get()
    except domains.NoSendingDomain:
        return False
    return True


def _by_size(flight: Preflight | None) -> list[tuple[Any, int]]:
    return sorted(flight.left_out.items(), key=lambda one: -one[1]) if flight else []


def _test(request: WorkspaceRequest, found: BroadcastInfo) -> tuple[str, bool]:
    version_id = mails.current_version(found.mail_id) if found.mail_id else None
    if version_id is None:
        return _("Choose a mail that was published."), False
    address = str(getattr(request.user, "email", ""))
    try:
        people = asking.people(conditions.parse(found.condition), now=request.now, limit=1)
        if not people:
            return _("There is nobody to write the test as."), False
        delivery = sending.test_mail(version_id, people[0], address)
    except domains.NoSendingDomain:
        return _("No sending domain is set up: an admin does it in the settings."), False
    except asking.CountingRests:
        return _("Counting is resting: try again in a moment."), False
    if sending.is_sent(delivery):
        return _("Sent to %(address)s.") % {"address": address}, True
    return _("The mail server did not take it: %(said)s") % {"said": delivery.text}, False


# -- afterwards ---------------------------------------------------------------------------------


def _results(request: WorkspaceRequest, found: BroadcastInfo) -> dict[str, Any]:
    states = messages.count_by_state("broadcast", found.id)
    open_ones = sum(states.get(state, 0) for state in standing.WAITING)
    settled = sum(states.values()) - open_ones
    is_done = found.finished_at is not None and not open_ones
    shown = [(state, states[state]) for state in _ORDER if states.get(state)]
    clicked = len(standing.clicked("broadcast", found.id))
    sent = states.get("sent", 0)
    return {
        "broadcast": found,
        "header": definitions.get(found.id),
        "sentence": _said(found),
        "mail": mails.get(found.mail_id) if found.mail_id else None,
        "states": shown,
        "settled": settled,
        "total": max(found.total, sum(states.values())),
        "open": open_ones,
        "is_done": is_done,
        "is_planned": found.send_at is not None and found.started_at is None and found.finished_at is None,
        "is_sending": not is_done,
        "state_word": words.BROADCAST_STATES[_state(found)],
        "state": _state(found),
        "refusals": standing.refusals(clock.EPOCH, source="broadcast", source_id=found.id),
        "clicked": clicked,
        "sent": sent,
        "initiative": initiatives.get_many([found.initiative_id]).get(found.initiative_id),
    }


_ORDER = (
    "sent",
    "intent",
    "queued",
    "leased",
    "sending",
    "deferred",
    "refused",
    "withdrawn",
    "bounced",
    "failed",
    "uncertain",
)


def _still_open(broadcast_id: int) -> bool:
    states = messages.count_by_state("broadcast", broadcast_id)
    return any(states.get(state) for state in standing.WAITING)


def _state(found: BroadcastInfo) -> str:
    if found.state == "running" and found.started_at is None:
        return "scheduled"
    if found.state == "ended" and found.asked < found.total:
        return "cancelled"
    return found.state if found.state in STATES else "ended"


def _said(found: BroadcastInfo) -> str:
    try:
        condition = conditions.parse(found.condition)
    except conditions.BadCondition as error:
        return error.why
    return asking.sentence(condition, on_screen.language())


def _moment(text: str) -> datetime | None:
    """A local date and time of a form; None for none, and for what cannot be read."""
    try:
        naive = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return timezone.make_aware(naive) if naive is not None and timezone.is_naive(naive) else naive


def _texts(request: WorkspaceRequest) -> dict[str, str]:
    return {name: str(value) for name, value in request.POST.items()}


class _Listed:
    def __init__(self, request: WorkspaceRequest) -> None:
        self._request = request
        self._all = broadcasts.list_all()
        self._progress = standing.progress([one.id for one in self._all])
        self._initiatives = {one.id: one.name for one in initiatives.list_all()}

    def screen(self) -> ListScreen[BroadcastInfo]:
        return ListScreen(
            view="broadcasts",
            columns=[
                Column("name", pgettext_lazy("broadcast", "Name"), self._name, is_head=True),
                Column("state", gettext_lazy("State"), self._state),
                Column("at", gettext_lazy("Sending time"), self._at),
                Column("sent", pgettext_lazy("mails", "Sent"), self._sent, is_number=True),
                Column("left", gettext_lazy("Not sent"), self._not_sent, is_number=True),
                Column("initiative", gettext_lazy("Initiative"), self._initiative),
            ],
            load=self._load,
            empty=Empty(
                gettext_lazy("No broadcasts yet"),
                gettext_lazy("A broadcast is one mail to one audience, now or at a time you choose."),
                gettext_lazy("Make the first broadcast"),
                links.address(self._request, "broadcasts-new")
                if self._request.actor.may(Permission.EDIT_JOURNEYS)
                else "",
                gettext_lazy(
                    "For example: the seminar invitation to everybody who has asked for the brochure"
                ),
            ),
            filters=[
                Filter("q", pgettext_lazy("broadcast", "Name")),
                Filter(
                    "state",
                    gettext_lazy("State"),
                    [Choice(key, words.BROADCAST_STATES[key]) for key in STATES],
                ),
            ],
        )

    def _load(self, query: ListQuery) -> Page[BroadcastInfo]:
        text, state = query.filters.get("q", "").lower(), query.filters.get("state", "")
        rows = [one for one in self._all if text in one.name.lower() and state in ("", _state(one))]
        return Page(rows, "", len(rows))

    def _name(self, row: BroadcastInfo) -> SafeString:
        mail = mails.name_of(row.mail_id) if row.mail_id else ""
        return lists.link(links.address(self._request, "broadcasts-detail", row.id), row.name, mail)

    def _state(self, row: BroadcastInfo) -> SafeString:
        state = _state(row)
        css = " state-running" if state in ("running", "scheduled") else ""
        return format_html('<span class="state{}">{}</span>', css, words.BROADCAST_STATES[state])

    def _at(self, row: BroadcastInfo) -> str:
        return on_screen.moment(row.send_at)

    def _sent(self, row: BroadcastInfo) -> SafeString | str:
        return self._people(row, "sent")

    def _not_sent(self, row: BroadcastInfo) -> SafeString | str:
        return self._people(row, "refused")

    def _people(self, row: BroadcastInfo, state: str) -> SafeString | str:
        people = self._progress.get(row.id, {}).get(state, 0)
        if not people:
            return on_screen.people(0) if row.state != "draft" else ""
        return lists.link(behind.address(self._request, "broadcast", row.id, state), on_screen.people(people))

    def _initiative(self, row: BroadcastInfo) -> SafeString | str:
        name = self._initiatives.get(row.initiative_id, "")
        href = links.address(self._request, "initiatives-detail", row.initiative_id)
        return lists.link(href, name) if name and href else name
