"""The marketer's home in numbers: four tiles, the funnel, what wants a person, the last human acts.

Each part is asked for by itself, so that a page can show what is there and say what rests.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import get_language

from tabiji.core import clock, postgres
from tabiji.experiments.public import experiments
from tabiji.insights import funnels, split_test
from tabiji.insights.contracts import Attention, FunnelCount, HumanAct, Tile, Who
from tabiji.purpose.contracts import ALWAYS, Period
from tabiji.purpose.public import initiatives, kpi, periods, reading
from tabiji.workspaces.public import definitions, workspace

KINDS: Final = ("no_responsible", "review_late", "adopt", "forsaken_branch")
"""What may want a person here. Closed: each has one sentence and one action on the screen."""
FORSAKEN: Final = timedelta(days=60)
_RECENT: Final = timedelta(days=14)


def tiles(now: datetime, counted: FunnelCount | None) -> list[Tile]:
    """KGI, largest drop, people in progress, today's sends; the first two only where they are defined.

    counted: what `funnel` says, which the page shows too.
    """
    found = []
    roots = [line for line in kpi.list_all() if line.parent_id is None]
    if roots:
        line = kpi.get_line(roots[0].id)
        found.append(
            Tile(
                "kgi",
                line.actual,
                line.kpi.target,
                label=line.kpi.label(get_language() or "ja"),
                ref=line.kpi.id,
            )
        )
    if counted is not None and counted.worst is not None:
        worst = counted.worst
        found.append(
            Tile("largest_drop", worst.drop, None, worst.went_on, worst.lost, worst.label, counted.funnel.id)
        )
    found.append(Tile("in_progress", float(len(who_in_progress()))))
    found.append(Tile("sent_today", float(len(sent_today(now)))))
    return found


def funnel(now: datetime) -> FunnelCount | None:
    """The workspace's first funnel, in the period of its reports."""
    defined = funnels.list_all()
    return funnels.count(defined[0].id, period()) if defined else None


def period() -> Period:
    """What reports open with: the KGI's period, else the first stored one, else all time."""
    lines = [line for line in kpi.list_all() if line.parent_id is None]
    if lines:
        return lines[0].period
    return next(iter(periods.list_all()), ALWAYS)


def who_in_progress() -> Who:
    """Exactly the people who are in a journey now."""
    return funnels.known(row[0] for row in reading.named("insights", "in_progress"))


def sent_today(now: datetime) -> list[int]:
    """Exactly the messages that left today, local time."""
    today = periods.last_days(1, now, workspace.current().zone)
    return sorted(row[0] for row in reading.named("insights", "sent", reading.within(today)))


def attention(now: datetime) -> list[Attention]:
    """What wants a person, the most pressing kind first (KINDS)."""
    return [*attention_of_definitions(now), *attention_of_numbers(now)]


def attention_of_definitions(now: datetime) -> list[Attention]:
    """`no_responsible` and `review_late`: these are known also while counting rests."""
    return [*_without_responsible(), *_late(now)]


def attention_of_numbers(now: datetime) -> list[Attention]:
    """`adopt` and `forsaken_branch`. Raises ClickHouseResting."""
    return [*_to_adopt(), *_forsaken(now)]


def last_human_acts(now: datetime, limit: int = 8) -> list[HumanAct]:
    """The newest acts of known people within two weeks; of clicks only those judged human."""
    recent = Period(0, "", now - _RECENT, None)
    rows = reading.named("insights", "last_acts", {**reading.within(recent), "limit": limit})
    rows.sort(key=lambda row: (-row[1], row[2], row[0]))
    return [HumanAct(row[0], clock.from_ms(row[1]), *row[2:]) for row in rows]


def _without_responsible() -> list[Attention]:
    return [
        Attention(
            "no_responsible", one.id, one.name, {"kind": one.kind, "responsible_id": one.responsible_id}
        )
        for one in definitions.list_without_responsible()
    ]


def _late(now: datetime) -> list[Attention]:
    """Running definitions whose review day has passed, the latest first."""
    today = now.astimezone(workspace.current().zone).date()
    rows = postgres.rows(
        "SELECT id, name, kind, review_on FROM definition WHERE review_on < %s"
        " AND state IN ('running', 'draining', 'published') ORDER BY review_on, id",
        [today],
    )
    return [
        Attention(
            "review_late",
            definition_id,
            name,
            {"kind": kind, "review_on": review_on, "days": (today - review_on).days},
        )
        for definition_id, name, kind, review_on in rows
    ]


def _to_adopt() -> list[Attention]:
    """Running tests with a clear winner that nobody has adopted."""
    found = []
    for experiment in experiments.list_all():
        if experiment.state != "running":
            continue
        told = split_test.result(experiment.id)
        if told.winner and told.decision is None:
            variant = experiment.variant(told.winner)
            found.append(
                Attention(
                    "adopt",
                    experiment.id,
                    experiment.name,
                    {"variant": variant.key, "label": variant.label, "effects": dict(variant.effects or {})},
                    told,
                )
            )
    return found


def _forsaken(now: datetime) -> list[Attention]:
    """Ways of running journeys that nobody has taken for 60 days, though people came by."""
    rows = reading.named("insights", "forsaken", {"since": clock.to_ms(now - FORSAKEN)})
    running = {one.id: one.name for one in definitions.list_of_kind("journey") if one.state == "running"}
    found = []
    for ref, port, last in sorted(rows):
        journey, _, node = ref.partition("/")
        if journey.isdecimal() and int(journey) in running:
            found.append(
                Attention(
                    "forsaken_branch",
                    int(journey),
                    running[int(journey)],
                    {"node": node, "port": port, "last": clock.from_ms(last)},
                )
            )
    return found


def initiative_names() -> dict[int, str]:
    """Names for the ids that acts and contracts carry."""
    return {one.id: one.name for one in initiatives.list_all()}
