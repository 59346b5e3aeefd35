"""The head of a person's page: facts in one row, what is next, and exactly one primary button."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tabiji.people.contracts import FieldInfo, PersonInfo
from tabiji.people.public import consent, fields
from tabiji.sales.contracts import (
    AppointmentInfo,
    AppointmentState,
    HandOverState,
    PersonSales,
    TaskKind,
)
from tabiji.sales.public import appointments
from tabiji.sales.public import person as person_sales
from tabiji.sales.public import words as sales_words
from tabiji.scoring.public import scores, stage_models
from tabiji.web.customers import reasons, words
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest
from tabiji.workspaces.public import Permission, members

_OWN_FACTS: Final = 2
_OWN_TYPES: Final = ("money", "choice")


@dataclass(frozen=True, slots=True)
class Button:
    """label; href, or the address of a POST; css: `btn-go` for the one act of now, `btn-primary` else."""

    label: str
    href: str = ""
    post: str = ""
    css: str = "btn-primary"
    icon: str = ""
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ConsentMark:
    """A channel and whether it may be written to."""

    channel: str
    is_granted: bool
    label: str


@dataclass(frozen=True, slots=True)
class Head:
    name: str
    kana: str
    initial: str
    where: str
    """Company, department and title in one line."""
    owner: str
    stage: str
    score: int
    is_hot: bool
    """At the threshold, and nobody in sales has accepted yet."""
    primary: Button
    sales: PersonSales
    own: list[tuple[str, str]] = field(default_factory=list)
    consents: list[ConsentMark] = field(default_factory=list)
    next_action: str = ""
    next_href: str = ""
    """Where the next act is done; empty for those who do not do it."""
    second: Button | None = None
    """Beside the primary one, in view on a phone too: writing down the call that was just made."""
    others: list[Button] = field(default_factory=list)


def head_of(request: WorkspaceRequest, person: PersonInfo) -> Head:
    is_personal = request.actor.may(Permission.SEE_PERSONAL_DATA)
    sales = person_sales.of(person.id, request.now)
    over = _without_result(request, person)
    name = person.name or person.email or reasons.phone(person.phone) or _("No name yet")
    model = stage_models.find()
    stages = {stage.key: stage.label for stage in model.stages} if model else {}
    threshold = scores.threshold()
    accepted = bool(sales.hand_over and sales.hand_over.state == HandOverState.ACCEPTED) or bool(sales.deals)
    primary, others = _buttons(request, person, sales, over)
    may_sell = request.actor.may(Permission.WORK_SALES)
    return Head(
        name if is_personal else on_screen.masked(name),
        person.kana if is_personal else on_screen.masked(person.kana),
        name[:1],
        " ".join(part for part in (person.company, person.department, person.title) if part),
        members.names().get(person.owner_id or 0, ""),
        stages.get(person.stage, person.stage) or pgettext("stage", "Exception"),
        person.score,
        threshold is not None and person.score >= threshold and not accepted,
        primary,
        sales,
        _own_facts(person),
        _consents(person),
        _next_action(sales, over),
        _next_href(request, person, sales, over) if may_sell else "",
        _log_button(request, person) if may_sell else None,
        others,
    )


def own_fields() -> list[FieldInfo]:
    return [info for info in fields.list_fields() if info.is_custom]


def _own_facts(person: PersonInfo) -> list[tuple[str, str]]:
    """The workspace's own fields that a line can hold: money and choices, the first two with a value."""
    found = [
        (info.label, reasons.field_text(info, fields.as_text(person.fields[info.key])))
        for info in own_fields()
        if info.type in _OWN_TYPES and person.fields.get(info.key) not in (None, "")
    ]
    return found[:_OWN_FACTS]


def _consents(person: PersonInfo) -> list[ConsentMark]:
    found = [one for one in consent.of_person(person.id) if one.topic == "marketing"]
    return [
        ConsentMark(
            words.of(words.CHANNELS, one.channel),
            one.state == "granted",
            words.of(words.CONSENT_STATES, one.state),
        )
        for one in found
    ]


def _without_result(request: WorkspaceRequest, person: PersonInfo) -> AppointmentInfo | None:
    """The oldest appointment that has begun, and of which nobody said how it went."""
    begun = [
        one
        for one in appointments.list_of_person(person.id)
        if one.state == AppointmentState.OVER
        or (one.state == AppointmentState.BOOKED and one.starts_at <= request.now)
    ]
    return begun[-1] if begun else None


def _next_action(sales: PersonSales, over: AppointmentInfo | None) -> str:
    """What happens next: a hand-over to accept, the result of an appointment, the earlier of the next
    appointment and the next task.
    """
    hand_over = sales.hand_over
    if hand_over is not None and hand_over.state == HandOverState.PENDING:
        return _("Accept the hand-over by %(moment)s") % {"moment": on_screen.moment(hand_over.due_at)}
    if over is not None:
        return _("Enter the result of %(moment)s") % {"moment": on_screen.moment(over.starts_at)}
    ahead = []
    if sales.next_appointment is not None:
        title = sales.next_appointment.title or pgettext("line", "Meeting")
        ahead.append((sales.next_appointment.starts_at, title))
    if sales.next_task is not None:
        kind = words.of(sales_words.TASK_KINDS, sales.next_task.kind)
        ahead.append((sales.next_task.due_at, sales.next_task.title or kind))
    if not ahead:
        return ""
    moment, what = min(ahead)
    return f"{on_screen.moment(moment)} {what}"


def _next_href(
    request: WorkspaceRequest, person: PersonInfo, sales: PersonSales, over: AppointmentInfo | None
) -> str:
    """The page on which `_next_action` is done."""
    slug = request.workspace.slug
    if sales.hand_over is not None and sales.hand_over.state == HandOverState.PENDING:
        return reverse("hand_overs-detail", args=[slug, sales.hand_over.id])
    if over is not None:
        return reverse("appointments-detail", args=[slug, over.id])
    meeting, task = sales.next_appointment, sales.next_task
    if meeting is not None and (task is None or meeting.starts_at <= task.due_at):
        return reverse("appointments-detail", args=[slug, meeting.id])
    if task is not None and task.kind == TaskKind.CALL:
        return reverse("tasks-call", args=[slug, person.id])
    return reverse("tasks-detail", args=[slug, task.id]) if task is not None else ""


def _log_button(request: WorkspaceRequest, person: PersonInfo) -> Button:
    href = reverse("tasks-call", args=[request.workspace.slug, person.id])
    return Button(_("Log a call"), href, icon="phone-call")


def _selling(request: WorkspaceRequest, person: PersonInfo, sales: PersonSales) -> list[Button]:
    """What sales does with a person, and handing over by hand."""
    slug = request.workspace.slug
    found = []
    if request.actor.may(Permission.WORK_SALES):
        asked = f"?person={person.id}"
        found += [
            Button(
                _("Book an appointment"),
                reverse("appointments-new", args=[slug]) + asked,
                icon="calendar-event",
            ),
            Button(_("Make a deal"), reverse("deals-new", args=[slug]) + asked, icon="briefcase"),
            Button(_("Add a task"), reverse("tasks-new", args=[slug]) + asked, icon="checkbox"),
            Button(_("Stop marketing"), reverse("people-stop", args=[slug, person.id]), icon="hand-stop"),
        ]
    if sales.hand_over is not None:
        href = reverse("hand_overs-detail", args=[slug, sales.hand_over.id])
        found.append(Button(_("See the hand-over"), href, icon="briefcase"))
    elif request.actor.may(Permission.EDIT_PEOPLE):
        href = reverse("hand_overs-new", args=[slug, person.id])
        found.append(Button(_("Hand over to sales"), href, icon="user-check"))
    return found


def _buttons(
    request: WorkspaceRequest, person: PersonInfo, sales: PersonSales, over: AppointmentInfo | None
) -> tuple[Button, list[Button]]:
    """(the one primary button of this role now, the others)."""
    slug = request.workspace.slug
    call = (
        Button(pgettext("button", "Call"), f"tel:{person.phone}", css="btn-go", icon="phone")
        if person.phone
        else None
    )
    mail = Button(_("Write a mail"), f"mailto:{person.email}", icon="mail") if person.email else None
    to_list = Button(
        _("Put on a static list"),
        post=reverse("people-put", args=[slug]),
        icon="list-check",
        fields=(("id", str(person.id)),),
    )
    may_read = request.actor.may(Permission.SEE_PERSONAL_DATA)
    others = [one for one in (call, mail) if one is not None] if may_read else []
    if request.actor.may(Permission.SEE_SALES):
        others += _selling(request, person, sales)
    if request.actor.may(Permission.WORK_SALES):
        primary = _sales_button(request, person, sales, over) or call or mail or to_list
    elif request.actor.may(Permission.EDIT_PEOPLE):
        primary = to_list
    else:
        href = reverse("people", args=[slug]) + f"?stage={person.stage or 'none'}"
        primary = Button(_("People in the same stage"), href, icon="users")
    if request.actor.may(Permission.EDIT_PEOPLE):
        others.append(to_list)
    return primary, [one for one in others if one.label != primary.label]


def _sales_button(
    request: WorkspaceRequest, person: PersonInfo, sales: PersonSales, over: AppointmentInfo | None
) -> Button | None:
    """受け取る, while a hand-over waits for this colleague; then the result of an appointment that is over."""
    waiting = sales.hand_over
    if waiting is None or waiting.state != HandOverState.PENDING:
        if over is None:
            return None
        href = reverse("appointments-detail", args=[request.workspace.slug, over.id])
        return Button(_("Enter the result"), href, icon="calendar-event")
    is_mine = waiting.owner_id in (None, request.actor.user_id) or request.actor.may(Permission.MANAGE_SALES)
    if not is_mine:
        return None
    post = reverse("people-accept", args=[request.workspace.slug, person.id])
    return Button(_("Accept"), post=post, css="btn-go", icon="user-check")
