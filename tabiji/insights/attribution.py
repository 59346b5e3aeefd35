"""Attribution: which initiative each contract counts for, by the one rule that is printed under the number.

Every contract of the period is divided, ours or not. Touches are the steps of an initiative's journeys
and judged human clicks on a content link of its mails, dated by the click itself. The window is 90 days
of 24 hours, both ends included. Two touches at one moment: a click goes before a step, and the younger
initiative before the older.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from tabiji.core import clock
from tabiji.experiments.contracts import Rate
from tabiji.insights.contracts import Attribution, Contribution, Credit
from tabiji.purpose.contracts import CONTRACT, Counted, Period
from tabiji.purpose.public import reading

WINDOW: Final = timedelta(days=90)
RULE: Final = _(
    "A contract counts for the initiative whose journey step or human click was last within 90 days before the"
    " contract date. One contract, one initiative. All contracts, ours or not, are the denominator."
)
"""The sentence that stands under every number of this room."""


def attribute(period: Period) -> Attribution:
    """How the contracts of the period divide among initiatives, most contracts first."""
    return divide(credit(period), period)


def divide(credits: Sequence[Credit], period: Period) -> Attribution:
    """`attribute`, where all credits of the period are known already."""
    total = len(credits)
    by_initiative: dict[int, list[Credit]] = {}
    for one in credits:
        by_initiative.setdefault(one.initiative_id, []).append(one)
    lines = [
        Contribution(
            initiative_id,
            len(part),
            sum(one.contract.value for one in part),
            Rate(len(part), total),
        )
        for initiative_id, part in by_initiative.items()
    ]
    lines.sort(key=lambda line: (line.initiative_id == 0, -line.contracts, -line.amount, line.initiative_id))
    return Attribution(period, total, sum(one.contract.value for one in credits), tuple(lines))


def credit(period: Period) -> list[Credit]:
    """Each contract of the period once, oldest first, with what it counts for."""
    window_ms = WINDOW // timedelta(milliseconds=1)
    rows = reading.named(
        "insights", "credits", {**reading.within(period), "window": window_ms}, keys=[CONTRACT]
    )
    return sorted((_credit(*row) for row in rows), key=lambda one: (one.contract.at, one.contract.cause))


def contracts_of(initiative_id: int, period: Period) -> list[Counted]:
    """Exactly the contracts behind an initiative's number (0: those of nobody's initiative)."""
    return [one.contract for one in credit(period) if one.initiative_id == initiative_id]


def _credit(
    cause: str, who: UUID, at: int, value: float, line: str, own: int, touch: tuple[int, bool, int]
) -> Credit:
    contract = Counted(CONTRACT, cause, who, clock.from_ms(at), value, line, own)
    touched_ms, is_click, initiative_id = touch
    if not initiative_id:
        return Credit(contract, 0, None, "")
    return Credit(contract, initiative_id, clock.from_ms(touched_ms), "click" if is_click else "step")
