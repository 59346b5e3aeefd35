"""Tasks (やること): what a colleague has to do, until when, and how many minutes it took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from tabiji.core import clock, facts, paging, postgres
from tabiji.core.facts import Change
from tabiji.core.paging import ListQuery, Page
from tabiji.sales import assignment
from tabiji.sales.contracts import TaskInfo, TaskKind
from tabiji.workspaces.contracts import Actor

_COLUMNS: Final = (
    "id, person_id, kind, title, owner_id, due_at, minutes, state, done_at, hand_over_id, deal_id"
)
MOST_MINUTES: Final = 1_440


class NoSuchTask(LookupError):
    """No task of this id in this workspace."""


class BadTask(ValueError):
    """A task that cannot be: (field, what was wrong). Nothing was changed."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


def add(
    person_id: UUID | None,
    *,
    kind: str,
    due_at: datetime,
    at: datetime,
    actor: Actor,
    title: str = "",
    owner_id: int | None = None,
    minutes: int | None = None,
    hand_over_id: int | None = None,
    deal_id: int | None = None,
) -> int:
    """A new open task; its id. minutes: how long it is thought to take, 0 to 1,440. Raises BadTask, assignment.UnknownColleague."""
    _check(kind, title, minutes)
    assignment.check(owner_id)
    _check_visible(hand_over_id, deal_id)
    made: int | None = postgres.scalar(
        "INSERT INTO task (workspace_id, person_id, kind, title, owner_id, due_at, minutes, state, made_at,"
        " hand_over_id, deal_id) SELECT %s, %s::uuid, %s, %s, %s::bigint, %s, %s::integer, 'open', %s,"
        " %s::bigint, %s::bigint WHERE %s::uuid IS NULL OR EXISTS (SELECT 1 FROM person WHERE id = %s)"
        " RETURNING id",
        [
            postgres.workspace_id(),
            person_id,
            TaskKind(kind).value,
            title.strip(),
            owner_id,
            due_at,
            minutes,
            at,
            hand_over_id,
            deal_id,
            person_id,
            person_id,
        ],
    )
    if made is None:
        raise BadTask("person", _("There is no such person here."))
    _record([get(made)], "", "open", at, actor.label)
    return made


def finish(task_id: int, *, at: datetime, actor: Actor, minutes: int | None = None) -> TaskInfo:
    """Done; minutes: how long it took. A task that is not open any more stays as it is.

    Raises NoSuchTask, BadTask.
    """
    before = get(task_id)
    _check(before.kind, before.title, minutes)
    rows = postgres.rows(
        "UPDATE task SET state = 'done', done_at = %s, minutes = coalesce(%s, minutes)"
        " WHERE id = %s AND state = 'open' RETURNING " + _COLUMNS,
        [at, minutes, task_id],
    )
    _record([TaskInfo(*row) for row in rows], "open", "done", at, actor.label)
    return get(task_id)


def reopen(task_id: int, *, at: datetime, actor: Actor) -> TaskInfo:
    """Undo `finish`. Raises NoSuchTask."""
    before = get(task_id)
    rows = postgres.rows(
        "UPDATE task SET state = 'open', done_at = NULL WHERE id = %s AND state <> 'open' RETURNING "
        + _COLUMNS,
        [task_id],
    )
    _record([TaskInfo(*row) for row in rows], before.state, "open", at, actor.label)
    return get(task_id)


def change(
    task_id: int,
    *,
    due_at: datetime | None = None,
    title: str | None = None,
    owner_id: int | None = None,
    minutes: int | None = None,
) -> TaskInfo:
    """Put off, rename or give away an open task; what is None stays. Raises NoSuchTask, BadTask."""
    before = get(task_id)
    _check(before.kind, title or "", minutes)
    assignment.check(owner_id)
    postgres.execute(
        "UPDATE task SET due_at = coalesce(%s, due_at), title = coalesce(%s, title),"
        " owner_id = coalesce(%s, owner_id), minutes = coalesce(%s, minutes) WHERE id = %s AND state = 'open'",
        [due_at, title, owner_id, minutes, task_id],
    )
    return get(task_id)


def drop_of_hand_over(hand_over_id: int, *, at: datetime, actor: str) -> None:
    """What was to do for a hand-over that came to an end falls away."""
    rows = postgres.rows(
        "UPDATE task SET state = 'dropped', done_at = %s WHERE hand_over_id = %s AND state = 'open' RETURNING "
        + _COLUMNS,
        [at, hand_over_id],
    )
    _record([TaskInfo(*row) for row in rows], "open", "dropped", at, actor)


def get(task_id: int) -> TaskInfo:
    """Raises NoSuchTask."""
    row = postgres.find_row("SELECT " + _COLUMNS + " FROM task WHERE id = %s", [task_id])
    if row is None:
        raise NoSuchTask(f"there is no task {task_id} here")
    return TaskInfo(*row)


def find_open_call(person_id: UUID, user_id: int) -> TaskInfo | None:
    """The call that this colleague has to make to this person, the earliest due; else anybody's."""
    row = postgres.find_row(
        "SELECT " + _COLUMNS + " FROM task WHERE person_id = %s AND kind = 'call' AND state = 'open'"
        " ORDER BY owner_id IS DISTINCT FROM %s, due_at, id LIMIT 1",
        [person_id, user_id],
    )
    return None if row is None else TaskInfo(*row)


def list_of_person(person_id: UUID) -> list[TaskInfo]:
    """Open ones first, by when they are due; then the others, newest first."""
    rows = postgres.rows(
        "SELECT " + _COLUMNS + " FROM task WHERE person_id = %s"
        " ORDER BY state <> 'open', CASE state WHEN 'open' THEN due_at END, id DESC",
        [person_id],
    )
    return [TaskInfo(*row) for row in rows]


def list_tasks(query: ListQuery) -> Page[TaskInfo]:
    """By when they are due; with the sort `-due` the latest first.

    Filters: `state` (open where none is asked for), `owner` (user id, `pool` for nobody's), `kind`.
    """
    where, params = _where(query.filters)
    beyond, order = ("<", "DESC") if query.sort == "-due" else (">", "ASC")
    start = ["infinity", 2**63 - 1] if query.sort == "-due" else ["-infinity", 0]
    after = paging.from_cursor(query.after, 2) if query.after else start
    rows = postgres.rows(
        "SELECT "
        + _COLUMNS
        + " FROM task"
        + where
        + " AND (due_at, id) "
        + beyond
        + " (%s::timestamptz, %s::bigint) ORDER BY due_at "
        + order
        + ", id "
        + order
        + " LIMIT %s",
        [*params, *after, query.limit + 1],
    )
    total = postgres.scalar("SELECT count(*) FROM task" + where, params)
    kept = [TaskInfo(*row) for row in rows[: query.limit]]
    return Page(
        kept, paging.to_cursor(kept[-1].due_at, kept[-1].id) if len(rows) > query.limit else "", total
    )


def _where(filters: Mapping[str, str]) -> tuple[str, list[Any]]:
    parts = [" WHERE state = %s"]
    params: list[Any] = [filters.get("state") or "open"]
    if filters.get("kind"):
        parts.append("kind = %s")
        params.append(filters["kind"])
    owner = filters.get("owner", "")
    if owner == "pool":
        parts.append("owner_id IS NULL")
    elif owner:
        parts.append("owner_id = %s")
        params.append(int(owner) if owner.isdecimal() and len(owner) < 19 else 0)
    return " AND ".join(parts), params


def _check(kind: str, title: str, minutes: int | None) -> None:
    if kind not in {one.value for one in TaskKind}:
        raise BadTask("kind", _("Choose one of the kinds of task."))
    if len(title) > 200 or "\x00" in title:
        raise BadTask("title", _("The title may have 200 characters."))
    if minutes is not None and not 0 <= minutes <= MOST_MINUTES:
        raise BadTask("minutes", _("Give minutes from 0 to 1,440."))


def _check_visible(hand_over_id: int | None, deal_id: int | None) -> None:
    """What a task hangs on is of this workspace: the database's own check does not know of walls."""
    for name, number, question in (
        ("hand_over", hand_over_id, "SELECT 1 FROM hand_over WHERE id = %s"),
        ("deal", deal_id, "SELECT 1 FROM deal WHERE id = %s"),
    ):
        if number is not None and postgres.find_row(question, [number]) is None:
            raise BadTask(name, _("There is no such thing here."))


def _record(found: Iterable[TaskInfo], old: str, new: str, at: datetime, actor: str) -> None:
    changes = [
        Change(
            one.person_id,
            "task",
            str(one.id),
            old,
            new,
            float(one.minutes or 0),
            clock.to_ms(at),
            actor,
            one.kind,
            detail=_detail(one),
        )
        for one in found
        if one.person_id is not None
    ]
    facts.record(changes)


def _detail(one: TaskInfo) -> dict[str, Any]:
    return {"kind": one.kind, "title": one.title, "due_at": clock.to_ms(one.due_at), "owner_id": one.owner_id}
