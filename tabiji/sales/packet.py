"""What sales gets with a person: the reasons, the last ten own acts, and the facts that matter.

Read as of the moment of the hand-over, so that it says the same next week.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from tabiji.core import clickhouse, postgres, sql
from tabiji.people.public import fields, identity, persons
from tabiji.sales import hand_overs, policy
from tabiji.sales.contracts import OwnAct, Packet, Reason
from tabiji.scoring.public import scores
from tabiji.workspaces.public import definitions

ACTS: Final = 10
_NAMED_BY: Final = ("mail_id", "form_id")


def of(hand_over_id: int) -> Packet:
    """Raises hand_overs.NoSuchHandOver, or core.clickhouse.ClickHouseError while counting rests."""
    found = hand_overs.get(hand_over_id)
    lines = scores.explain(found.person_id, until=found.requested_at)
    return Packet(
        found,
        lines[0].total if lines else 0,
        found.detail.get("threshold") or scores.threshold(),
        tuple(Reason(line.label, line.points, line.total, line.at) for line in lines),
        last_acts(found.person_id, until=found.requested_at),
        _facts(found.person_id),
    )


def last_acts(person_id: UUID, *, until: datetime, limit: int = ACTS) -> tuple[OwnAct, ...]:
    """The person's own last acts up to a moment, newest first; a click only as judged, at its own time.

    Never a machine's, and nothing that merely happened to the person (an open, a bounce).
    """
    subjects = [subject for subject, _ in identity.subjects_of([person_id])]
    rows = clickhouse.store().rows(
        sql.named("sales", "last_own_acts"),
        {
            "workspace": postgres.workspace_id(),
            "subjects": subjects,
            "until": until,
            "limit": limit,
        },
    )
    acts = [(at, name, title, path, msgspec.json.decode(props)) for at, name, title, path, props in rows]
    names = definitions.get_many({one for *_, props in acts for one in _definition_ids(props)})
    return tuple(
        OwnAct(at, name, _what(title, props, {key: found.name for key, found in names.items()}), path)
        for at, name, title, path, props in acts
    )


def _facts(person_id: UUID) -> tuple[tuple[str, str], ...]:
    person = persons.get(person_id)
    wanted = policy.current().packet_fields
    known = [info for info in fields.list_fields() if (info.key in wanted if wanted else info.is_custom)]
    found = []
    for info in known:
        value = person.fields.get(info.key) if info.is_custom else getattr(person, info.key, "")
        if value not in (None, ""):
            labels = {choice["value"]: choice.get("label", choice["value"]) for choice in info.choices}
            text = fields.as_text(value)
            found.append((info.label, labels.get(text, text)))
    return tuple(found)


def _definition_ids(props: dict[str, Any]) -> list[int]:
    stated = [props.get(name) for name in _NAMED_BY]
    return [value for text in stated for value in [_number(text)] if value]


def _what(title: str, props: dict[str, Any], names: dict[int, str]) -> str:
    for value in _definition_ids(props):
        if value in names:
            return names[value]
    return title


def _number(value: Any) -> int:
    """ClickHouse gives whole numbers of JSON back as text."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isdecimal() and len(text) < 19 else 0
