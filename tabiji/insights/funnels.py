"""Funnels: how far visitors and people come, step by step, and where most are lost.

Rules of counting. Everyone counts once, under the person where known by now, else as a visitor. A step
is reached by the first act that fits it at or after the moment of the step before: what happens in one
moment (also by one act) counts in the order of the steps, never before it. All steps lie in the period.
Acts of machines and the people left out of numbers do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from tabiji.core import clock, postgres, sql
from tabiji.experiments.contracts import Rate
from tabiji.insights.contracts import FunnelCount, FunnelInfo, FunnelStep, Who
from tabiji.people.public import persons
from tabiji.purpose.contracts import Period
from tabiji.purpose.public import compiling, matching, reading
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, definitions

KIND: Final = "funnel"
MAX_STEPS: Final = 12
_COLUMNS: Final = "d.id, d.name, d.why, d.kpi_id, d.responsible_id, d.review_on, d.state, f.steps"
_FROM: Final = " FROM funnel f JOIN definition d ON d.id = f.definition_id"


class NoSuchFunnel(LookupError):
    """No funnel of this id in this workspace."""


class BadFunnel(ValueError):
    """A funnel that cannot be counted: what was wrong."""


def create(
    name: str,
    *,
    steps: Sequence[tuple[str, Mapping[str, Any]]],
    actor: Actor,
    why: str = "",
    kpi_id: int | None = None,
    responsible_id: int | None = None,
    review_on: date | None = None,
) -> int:
    """Define a funnel of 2 to 12 steps: (label, match), see `purpose.matching`. Raises BadFunnel, BadMatch."""
    stored = _checked(steps)
    made = definitions.create(
        KIND,
        name=name,
        actor=actor,
        why=why,
        kpi_id=kpi_id,
        responsible_id=responsible_id,
        review_on=review_on,
        state="running",
    )
    postgres.execute(
        "INSERT INTO funnel (definition_id, workspace_id, steps) VALUES (%s, %s, %s)",
        [made, postgres.workspace_id(), Jsonb(stored)],
    )
    return made


def change(funnel_id: int, *, steps: Sequence[tuple[str, Mapping[str, Any]]], actor: Actor) -> None:
    """Count by other steps from now on, the past included. Raises BadFunnel, BadMatch, NoSuchFunnel."""
    stored = _checked(steps)
    get(funnel_id)
    postgres.execute("UPDATE funnel SET steps = %s WHERE definition_id = %s", [Jsonb(stored), funnel_id])
    audit.record(actor, "change", KIND, funnel_id, values={"steps": stored})


def get(funnel_id: int) -> FunnelInfo:
    """Raises NoSuchFunnel."""
    rows = postgres.rows("SELECT " + _COLUMNS + _FROM + " WHERE d.id = %s", [funnel_id])
    if not rows:
        raise NoSuchFunnel(f"there is no funnel {funnel_id} here")
    return _info(rows[0])


def list_all() -> list[FunnelInfo]:
    """In the order in which they were made: the first is the one that the home page shows."""
    rows = postgres.rows("SELECT " + _COLUMNS + _FROM + " WHERE d.state <> 'archived' ORDER BY d.id")
    return [_info(row) for row in rows]


def count(funnel_id: int, period: Period) -> FunnelCount:
    """How many reached each step in the period. Raises NoSuchFunnel, ClickHouseResting."""
    funnel = get(funnel_id)
    reached = [0] * len(funnel.steps)
    ((counts,),) = _ask(funnel, period, "SELECT [" + ", ".join(_counts(funnel)) + "] FROM ({inner})")
    reached = [int(one) for one in counts]
    steps = []
    for place, (label, _match) in enumerate(funnel.steps):
        before = reached[place - 1] if place else 0
        went_on = Rate(reached[place], before) if place else None
        steps.append(
            FunnelStep(place + 1, label, reached[place], went_on, before - reached[place] if place else 0)
        )
    return FunnelCount(funnel, period, tuple(steps), _largest_drop(steps))


def who(funnel_id: int, period: Period, step: int) -> Who:
    """Exactly those who reached a step (from 1)."""
    return _who(funnel_id, period, step, also_next=False)


def who_dropped(funnel_id: int, period: Period, step: int) -> Who:
    """Exactly those who were lost before a step (from 2): they reached the one before and not this."""
    if step < 2:
        raise BadFunnel("nobody is lost before the first step")
    return _who(funnel_id, period, step - 1, also_next=True)


def reached_at(funnel_id: int, period: Period, step: int) -> dict[UUID, datetime]:
    """When each of those who reached a step did so."""
    funnel = _with_step(funnel_id, step)
    column = "t" + str(step)
    rows = _ask(funnel, period, "SELECT who, " + column + " FROM ({inner}) WHERE " + column + " > 0")
    return {subject: clock.from_ms(at) for subject, at in rows}


def known(subjects: Iterable[UUID]) -> Who:
    """These subjects, with those of them who are people."""
    ordered = sorted(subjects)
    return Who(tuple(ordered), tuple(sorted(persons.resolve(ordered))))


def _who(funnel_id: int, period: Period, step: int, *, also_next: bool) -> Who:
    funnel = _with_step(funnel_id, step + also_next)
    condition = "t" + str(step) + " > 0"
    if also_next:
        condition += " AND t" + str(step + 1) + " = 0"
    rows = _ask(funnel, period, "SELECT who FROM ({inner}) WHERE " + condition)
    return known(row[0] for row in rows)


def _with_step(funnel_id: int, step: int) -> FunnelInfo:
    funnel = get(funnel_id)
    if not 1 <= step <= len(funnel.steps):
        raise BadFunnel(f"{funnel.name} has {len(funnel.steps)} steps, none with the number {step}")
    return funnel


def _ask(funnel: FunnelInfo, period: Period, question: str) -> list[tuple[Any, ...]]:
    """Ask about everyone's moments: columns who, t1 … tn (ms; 0: not reached)."""
    params = compiling.Parameters()
    compiled = [compiling.compile(matching.parse(match), params) for _label, match in funnel.steps]
    inner = sql.named("insights", "funnel")
    for placeholder, fragment in {
        "event_steps": _flags([one.events for one in compiled]),
        "change_steps": _flags([one.changes for one in compiled]),
        "any_event": compiling.any_of([one.events for one in compiled if one.events]) or "0",
        "any_change": compiling.any_of([one.changes for one in compiled if one.changes]) or "0",
        "moments": ",\n           ".join(_moments(len(compiled))),
        "first_reached": "t1 > 0",
    }.items():
        inner = inner.replace("{" + placeholder + "}", fragment)
    statement = question.replace("{inner}", inner)
    return reading.rows(statement, {**params.values, **reading.within(period)}, keys=sorted(params.keys))


def _flags(conditions: Sequence[str]) -> str:
    return ", ".join(
        ("toBool(" + condition + ")" if condition else "false") + " AS s" + str(place + 1)
        for place, condition in enumerate(conditions)
    )


def _moments(steps: int) -> list[str]:
    """t1 is the first fitting moment, each further one the first at or after the one before."""
    moments = ["minIf(at, s1) AS t1"]
    for step in range(2, steps + 1):
        here, before = "s" + str(step), "t" + str(step - 1)
        moments.append(
            "if("
            + before
            + " = 0, 0, arrayMin(arrayFilter(m -> m >= "
            + before
            + ", groupArrayIf(at, "
            + here
            + ")))) AS t"
            + str(step)
        )
    return moments


def _counts(funnel: FunnelInfo) -> list[str]:
    return ["countIf(t" + str(place + 1) + " > 0)" for place in range(len(funnel.steps))]


def _largest_drop(steps: Sequence[FunnelStep]) -> int:
    """By rate, the step with more heads lost first among equals; small numbers are not judged."""
    judged = [one for one in steps if one.went_on is not None and one.went_on.is_judgeable and one.lost > 0]
    if not judged:
        return 0
    return max(judged, key=lambda one: (one.drop, one.lost, -one.position)).position


def _checked(steps: Sequence[tuple[str, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    if not 2 <= len(steps) <= MAX_STEPS:
        raise BadFunnel(_("A funnel has 2 to %(most)d steps.") % {"most": MAX_STEPS})
    return [
        {"label": label, "match": matching.parse(match).model_dump(mode="json")} for label, match in steps
    ]


def _info(row: Sequence[Any]) -> FunnelInfo:
    values = list(row)
    values[7] = tuple((one["label"], one["match"]) for one in values[7])
    return FunnelInfo(*values)
