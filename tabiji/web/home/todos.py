"""要対応: what wants a colleague, one act a row. Rooms' screens add sources; the list says each in words.

    # apps.py of a package of screens, ready():
    todos.sources.add("duplicates", _candidates)     # (request, counting) -> list[Todo]

A source looks only at what its colleague may do something about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tabiji.core.registry import Registry
from tabiji.events.public import rejects
from tabiji.insights.contracts import Attention
from tabiji.insights.public import home
from tabiji.journeys.public import enrolment
from tabiji.messaging.public import messages
from tabiji.people.public import imports
from tabiji.sales.public import team
from tabiji.web.home import handing
from tabiji.web.initiatives import experiments as tests
from tabiji.web.initiatives import members, ways
from tabiji.web.insights import headers, things
from tabiji.web.insights.resting import Counting
from tabiji.web.journeys import screen
from tabiji.web.shell import links, on_screen
from tabiji.web.shell.requests import WorkspaceRequest
from tabiji.workspaces.public import Permission, definitions
from tabiji.workspaces.public import members as colleagues

URGENCY: Final = ("hot", "wait", "ok")
_REVIEW: Final = "review"
_SINGLE_REVIEWS: Final = 2
"""So many late reviews have a row each; more of them would hide what else there is to do."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act: a page to open, or something to post; options: a menu of (value, label) for `name`."""

    label: str
    href: str = ""
    post: str = ""
    name: str = ""
    value: str = ""
    options: Sequence[tuple[str, str]] = ()
    is_main: bool = False


@dataclass(frozen=True, slots=True)
class Todo:
    """pip: hot (now), wait (soon), ok (good news). act None: only to be read.

    key: kind-number. subject: what it is about, said where many of a kind stand in one row.
    """

    key: str
    pip: str
    title: str
    note: str
    act: Act | None
    title_href: str = ""
    subject: str = ""

    @property
    def kind(self) -> str:
        return self.key.partition("-")[0]


Source = Callable[[WorkspaceRequest, Counting], list[Todo]]
sources: Registry[Source] = Registry("source of things to do")


def of(request: WorkspaceRequest, counting: Counting, kind: str = "") -> list[Todo]:
    """Everything that wants this colleague, the most pressing first; many late reviews in one row.

    kind: only these, each in a row of its own.
    """
    found = [todo for source in sources for todo in source(request, counting)]
    found.sort(key=lambda todo: URGENCY.index(todo.pip))
    return [todo for todo in found if todo.kind == kind] if kind else _folded(request, found)


def shortened(todos: Sequence[Todo], each: int = 2, most: int = 7) -> list[Todo]:
    """For a home: of every kind the first ones, so that thirteen of one do not hide another."""
    seen: Counter[str] = Counter()
    kept = []
    for todo in todos:
        seen[todo.kind] += 1
        if seen[todo.kind] <= each:
            kept.append(todo)
    return kept[:most]


def _folded(request: WorkspaceRequest, found: Sequence[Todo]) -> list[Todo]:
    """Three late reviews and more in one row, where the first of them stood."""
    late = [todo for todo in found if todo.kind == _REVIEW]
    if len(late) <= _SINGLE_REVIEWS:
        return list(found)
    return [_reviews(request, late) if todo is late[0] else todo for todo in found if todo not in late[1:]]


def _reviews(request: WorkspaceRequest, late: Sequence[Todo]) -> Todo:
    first, href = late[0], links.address(request, "todos") + f"?kind={_REVIEW}"
    said = ngettext("%(n)s review is late", "%(n)s reviews are late", len(late))
    return Todo(
        _REVIEW,
        first.pip,
        said % {"n": on_screen.number(len(late))},
        _("Longest overdue: “%(name)s”, %(late)s") % {"name": first.subject, "late": first.note},
        Act(_("See all of them"), href),
        href,
    )


# -- definitions and tests ----------------------------------------------------------------------------


def _definitions(request: WorkspaceRequest, counting: Counting) -> list[Todo]:
    """Nobody responsible, or a review that is late; one row where both are so."""
    if not request.actor.may(Permission.EDIT_INITIATIVES):
        return []
    late: dict[int, Attention] = {}
    found = []
    for one in home.attention_of_definitions(request.now):
        if one.kind == "review_late":
            late[one.definition_id] = one
        else:
            found.append(one)
    leaderless = {one.definition_id for one in found}
    found.sort(key=lambda one: one.definition_id not in late)
    rows = [without_responsible(request, one, late.get(one.definition_id)) for one in found]
    reviews = [_review(request, one) for one in late.values() if one.definition_id not in leaderless]
    return rows + [one for one in reviews if one is not None]


def without_responsible(request: WorkspaceRequest, one: Attention, late: Attention | None) -> Todo:
    former = headers.responsible(one.values.get("responsible_id"))
    notes = [_("%(name)s: still under way") % {"name": former} if former else _("Still under way")]
    if late is not None:
        notes.insert(0, _("Review %(review)s") % {"review": _late(request, late)})
    own = request.actor
    options = [(str(own.user_id), _("%(name)s (I)") % {"name": own.name})]
    options += [
        (str(person.user_id), person.name)
        for person in colleagues.list_colleagues()
        if person.user_id != own.user_id
    ]
    return Todo(
        f"responsible-{one.definition_id}",
        "hot",
        _("“%(name)s” has nobody responsible") % {"name": one.name},
        " · ".join(notes),
        Act(
            _("Choose who is responsible"),
            post=links.address(request, "todos-assign", one.definition_id),
            name="responsible",
            options=options,
        ),
        _href(request, one),
    )


def _review(request: WorkspaceRequest, one: Attention) -> Todo | None:
    """None where there is no page to review it on (a conversion has none yet): nobody could ever do it."""
    href = _href(request, one)
    if not href:
        return None
    return Todo(
        f"{_REVIEW}-{one.definition_id}",
        "wait",
        _("The review of “%(name)s” is late") % {"name": one.name},
        _late(request, one),
        Act(_("Review it"), href),
        subject=one.name,
    )


def _late(request: WorkspaceRequest, one: Attention) -> str:
    return screen.said_late(one.values["review_on"], request.now)


def _href(request: WorkspaceRequest, one: Attention) -> str:
    found = definitions.get_many([one.definition_id]).get(one.definition_id)
    return members.href_of(request, found) if found else ""


def _tests(request: WorkspaceRequest, counting: Counting) -> list[Todo]:
    """A clear winner that nobody has adopted; ways of journeys that nobody takes."""
    if not request.actor.may(Permission.EDIT_INITIATIVES):
        return []
    found = counting.ask(lambda: home.attention_of_numbers(request.now)) or []
    return [_adopt(request, one) if one.kind == "adopt" else _forsaken(request, one) for one in found]


def _adopt(request: WorkspaceRequest, one: Attention) -> Todo:
    told, notes = one.told, []
    if told is not None:
        shown = tests.shown(told.experiment, told)
        arms = sorted(told.arms, key=lambda arm: arm.variant != told.winner)
        notes = [
            f"{arm.label} {on_screen.percent(arm.goal.numerator, arm.goal.denominator)}"
            f"({on_screen.number(arm.goal.numerator)}/{on_screen.number(arm.goal.denominator)})"
            for arm in arms
        ]
        notes = [f"{shown.goal} " + _(" against ").join(notes), *(against.said for against in shown.against)]
        if told.opens_winner and told.opens_winner != told.winner:
            label = told.experiment.variant(told.opens_winner).label
            notes.append(_("Opens (reference): %(variant)s is ahead") % {"variant": label})
    label = one.values["label"]
    return Todo(
        f"adopt-{one.definition_id}",
        "ok",
        _("“%(test)s”: %(variant)s wins. Adopt it?") % {"test": one.name, "variant": label},
        " · ".join(notes),
        Act(
            _("Adopt %(variant)s") % {"variant": label},
            post=links.address(request, "experiments-adopt", one.definition_id),
            name="variant",
            value=one.values["variant"],
            is_main=True,
        ),
        links.address(request, "experiments-detail", one.definition_id),
    )


def _forsaken(request: WorkspaceRequest, one: Attention) -> Todo:
    node, port = one.values["node"], one.values["port"]
    way = ways.Way(f"{one.definition_id}/{node}")
    href = links.address(request, "journeys-detail", one.definition_id)
    values = {"arm": way.arm(port), "question": way.question}
    return Todo(
        f"forsaken-{one.definition_id}-{node}-{port}",
        "wait",
        _("“%(name)s”: a way that nobody takes") % {"name": one.name},
        _("“%(arm)s” of “%(question)s”, last on %(day)s")
        % {**values, "day": on_screen.day(one.values["last"], year=True)},
        Act(_("Look at the branch"), f"{href}?step={node}") if href else None,
    )


# -- what comes back, and what stands still -------------------------------------------------------------


def _returned(request: WorkspaceRequest, counting: Counting) -> list[Todo]:
    """Hand-overs that sales gave back, for those who make them."""
    if not request.actor.may(Permission.EDIT_JOURNEYS):
        return []
    since = handing.since(request.now)
    counts = [one for one in team.figures(request.now, since=since).returns if one.figure.count]
    total = sum(one.figure.count for one in counts)
    if not total:
        return []
    return [
        Todo(
            "returned",
            "wait",
            ngettext("%(n)s hand-over was returned", "%(n)s hand-overs were returned", total)
            % {"n": on_screen.number(total)},
            _(", ").join(f"{one.label} {one.figure.count}" for one in counts),
            Act(_("See the reasons"), things.address(request, "hand-overs", "returned", "")),
        )
    ]


def _overdue(request: WorkspaceRequest, counting: Counting) -> list[Todo]:
    """Hand-overs that nobody accepted in time, for the manager."""
    if not request.actor.may(Permission.MANAGE_SALES):
        return []
    late = team.figures(request.now, since=handing.since(request.now)).overdue
    if not late.count:
        return []
    return [
        Todo(
            "overdue",
            "hot",
            ngettext(
                "%(n)s hand-over was not accepted in time",
                "%(n)s hand-overs were not accepted in time",
                late.count,
            )
            % {"n": on_screen.number(late.count)},
            _("Accept them, or give them to somebody else."),
            Act(_("See who waits"), things.address(request, "hand-overs", "overdue", "")),
        )
    ]


def _parked(request: WorkspaceRequest, counting: Counting) -> list[Todo]:
    """People at a step that failed for them, by journey."""
    if not request.actor.may(Permission.EDIT_JOURNEYS):
        return []
    by_journey = Counter(one.journey_id for one in enrolment.list_parked())
    names = definitions.get_many(by_journey)
    return [
        Todo(
            f"parked-{journey_id}",
            "hot",
            ngettext(
                "“%(name)s”: %(n)s person stands still after an error",
                "“%(name)s”: %(n)s people stand still after an error",
                count,
            )
            % {"name": names[journey_id].name, "n": on_screen.number(count)},
            _("The journey shows the error and a retry button."),
            Act(_("Open the journey"), links.address(request, "journeys-detail", journey_id)),
        )
        for journey_id, count in sorted(by_journey.items())
        if journey_id in names
    ]


def _uncertain(request: WorkspaceRequest, counting: Counting) -> list[Todo]:
    """Mails that may have left when a process died: only a person may decide."""
    if not request.actor.may(Permission.START_SENDS):
        return []
    count = messages.count_by_state().get("uncertain", 0)
    if not count:
        return []
    said = ngettext("%(n)s mail: delivery unknown", "%(n)s mails: delivery unknown", count)
    return [
        Todo(
            "uncertain",
            "wait",
            said % {"n": on_screen.number(count)},
            _("Send them again, or leave them as they are."),
            Act(_("Decide"), links.address(request, "sending")),
        )
    ]


def _quarantined(request: WorkspaceRequest, counting: Counting) -> list[Todo]:
    """Events that stopped the work and were set aside."""
    if not request.actor.may(Permission.EDIT_MARKETING_SETTINGS):
        return []
    count = rejects.count_by_reason().get("quarantined", 0)
    if not count:
        return []
    said = ngettext("%(n)s event was set aside", "%(n)s events were set aside", count)
    return [
        Todo(
            "quarantined",
            "wait",
            said % {"n": on_screen.number(count)},
            _("It stopped the work. When the cause is mended, send it in once more."),
            Act(_("Look at it"), links.address(request, "rejects") + "?reason=quarantined"),
        )
    ]


def _failed_rows(request: WorkspaceRequest, counting: Counting) -> list[Todo]:
    """Rows of a file that were not taken in, by file."""
    if not request.actor.may(Permission.IMPORT_EXPORT):
        return []
    return [
        Todo(
            f"import-{import_id}",
            "wait",
            ngettext("%(n)s row was not taken in", "%(n)s rows were not taken in", count)
            % {"n": on_screen.number(count)},
            _("Import “%(name)s”: mend the rows in a file and take it in again.") % {"name": name},
            Act(_("Look at the rows"), links.address(request, "imports-detail", import_id)),
        )
        for import_id, name, count in imports.open_problems()
    ]


_OWN: Final[dict[str, Any]] = {
    "definitions": _definitions,
    "failed_rows": _failed_rows,
    "overdue": _overdue,
    "parked": _parked,
    "returned": _returned,
    "uncertain": _uncertain,
    "quarantined": _quarantined,
    "tests": _tests,
}
for _name, _source in _OWN.items():
    sources.add(_name, _source)
