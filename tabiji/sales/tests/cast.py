"""The colleagues of the demo company, and people to sell to."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tabiji.core import clock, ids, postgres
from tabiji.core.facts import Change
from tabiji.events.public import processor
from tabiji.people.contracts import FieldUpdate, PersonInfo
from tabiji.people.public import fields, persons
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import Role, members


@dataclass(frozen=True, slots=True)
class Staff:
    """葵 markets, 陽 sells, 真琴 manages sales, 凪 looks at numbers."""

    aoi: Actor
    haru: Actor
    makoto: Actor
    nagi: Actor


def staff() -> Staff:
    return Staff(
        colleague("高橋 葵", Role.MARKETER),
        colleague("小林 陽", Role.SALES),
        colleague("森 真琴", Role.SALES_MANAGER),
        colleague("中村 凪", Role.ANALYST),
    )


def colleague(name: str, role: Role) -> Actor:
    user_id = members.create_user(f"{os.urandom(5).hex()}@tanomoa.example", name=name)
    members.join(user_id, role)
    return members.get_actor(user_id)


def a_person(
    at: datetime, *, last_name: str = "佐藤", company: str = "青葉製作所", owner: Actor | None = None
) -> PersonInfo:
    """Somebody whom the workspace knows."""
    person_id = ids.new_id()
    persons.create({person_id: at})
    values: dict[str, Any] = {"last_name": last_name, "first_name": "美咲", "company": company}
    if owner is not None:
        values["owner_id"] = owner.user_id
    moment = clock.to_ms(at)
    fields.apply(
        [FieldUpdate(person_id, name, value, moment) for name, value in values.items()], actor="auto"
    )
    return persons.get(person_id)


def people(at: datetime, count: int) -> list[PersonInfo]:
    return [a_person(at, last_name=f"客{n}", company=f"会社{n}") for n in range(count)]


def recorded(kinds: Iterable[str]) -> list[Change]:
    """The facts of these kinds that wait in the outbox, in order."""
    from tabiji.core import facts

    bodies = postgres.rows("SELECT body FROM fact_outbox WHERE batch_id IS NULL ORDER BY id")
    wanted = set(kinds)
    return [one for (body,) in bodies for one in facts.decode_changes(body) if one.kind in wanted]


def notices_of(actor: Actor) -> list[str]:
    """The kinds of notices of a colleague, oldest first."""
    rows = postgres.rows("SELECT kind FROM notice WHERE user_id = %s ORDER BY id", [actor.user_id])
    return [row[0] for row in rows]


def mails_to(actor: Actor) -> list[tuple[str, str]]:
    """(subject, body) of the staff mails to a colleague, oldest first."""
    found: list[tuple[str, str]] = postgres.rows(
        'SELECT m.subject, m.body FROM staff_mail m JOIN staff_user u ON u.email = m."to"'
        " WHERE u.id = %s ORDER BY m.id",
        [actor.user_id],
    )
    return found


def process() -> None:
    processor.process_all()
