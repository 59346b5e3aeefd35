"""Acts that may give points: as they arrive in a batch, and a visitor's earlier ones read back.

Only a person's acts count: never a machine's, and a click only as judged. Names that this product
gives itself count only where it said them: a site cannot claim that a mail was clicked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from tabiji.core import clickhouse, clock, sql
from tabiji.core.facts import Batch, BecameKnown, Event

OUR_NAMES: Final = frozenset(
    {
        "form_submitted",
        "mail_opened",
        "mail_clicked",
        "click_judged",
        "mail_bounced",
        "mail_complained",
        "mail_replied",
        "unsubscribed",
    }
)
OUR_SOURCES: Final = frozenset({"mail", "mail_result", "form", "system", "import"})
"""Where this product itself speaks; through the others anybody with a public write key can."""


@dataclass(slots=True)
class Act:
    """act_at: when it happened; at: when it begins to count for this person."""

    person_id: UUID
    name: str
    cause: str
    act_at: datetime
    at: datetime
    source: str
    path: str = ""
    url: str = ""
    title: str = ""
    referrer: str = ""
    hops: int = 0
    props: Mapping[str, Any] = field(default_factory=dict)

    def value_of(self, prop: str) -> Any:
        """The value that a rule's filter names."""
        if prop.startswith("props."):
            return self.props.get(prop[len("props.") :])
        return getattr(self, prop)

    @property
    def is_trusted(self) -> bool:
        return self.source in OUR_SOURCES

    @property
    def initiative_id(self) -> int:
        stated = self.props.get("initiative_id") if self.is_trusted else 0
        return stated if type(stated) is int and 0 < stated < 1 << 63 else 0


def of_batch(batch: Batch, names: Collection[str]) -> Iterator[Act]:
    """Acts of known people in the batch whose name some rule asks for."""
    for event in batch.events:
        if event.person_id is not None and event.name in names and counts(event):
            yield _of_event(event, event.person_id)


def before_known(known: Sequence[BecameKnown], names: Collection[str], workspace_id: int) -> list[Act]:
    """What these subjects did while nobody knew them, from ClickHouse; it counts from now on.

    The batch itself is there already, so views that came together with the form are found too.
    """
    if not known or not names:
        return []
    owners = {one.subject_id: one for one in known}
    rows = clickhouse.store().rows(
        sql.named("scoring", "acts_of_subjects"),
        {"workspace": workspace_id, "subjects": list(owners), "names": sorted(names)},
        lane="decision",
    )
    acts = []
    for subject_id, message_id, name, occurred_at, source, path, url, title, referrer, props in rows:
        if not _may_count(name, source):
            continue
        owner = owners[subject_id]
        known_at = clock.from_ms(owner.occurred_ms)
        acts.append(
            Act(
                owner.person_id,
                name,
                message_id,
                occurred_at,
                max(occurred_at, known_at),
                source,
                path,
                url,
                title,
                referrer,
                0,
                msgspec.json.decode(props) if props else {},
            )
        )
    return acts


def counts(event: Event) -> bool:
    return not event.machine and _may_count(event.name, event.source)


def _may_count(name: str, source: str) -> bool:
    return name not in OUR_NAMES or source in OUR_SOURCES


def _of_event(event: Event, person_id: UUID) -> Act:
    at = event.occurred_at
    return Act(
        person_id,
        event.name,
        event.message_id,
        at,
        at,
        event.source,
        event.path,
        event.url,
        event.title,
        event.referrer,
        event.hops,
        event.props,
    )
