"""Figure `small_refresh`: a refresh with a thousand people changed of a million, against the whole one.

Four audiences whose conditions look at each person alone: who they are, what they did, both, and silence.
The limit is the same refresh asked of everyone. A ranking (top N %) is always asked anew and stands beside
it as what it is.
"""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks import harness

REACH = "ratio <= 0.2"
CHANGED = 1_000


def run() -> None:
    from benchmarks import refreshed_house

    with refreshed_house.loaded() as house:
        measure(house)


def measure(house: Any) -> None:
    from benchmarks import audience as reference
    from benchmarks import refreshed_house
    from tabiji.audiences.public import audience
    from tabiji.core import postgres
    from tabiji.workspaces.contracts import AUTOMATIC

    refreshed_house.settle(empty=True)
    made: dict[str, int] = {}
    with postgres.workspace_scope(house.workspace_id):
        for name, condition in {**reference.reference(house.list_id), "the most active 1 %": _TOP}.items():
            made[name] = audience.create(name, actor=AUTOMATIC, condition=condition)
    turn = 0
    each: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in made}

    def ours() -> float:
        nonlocal turn
        turn += 1
        refreshed_house.change(house, turn, CHANGED)
        return sum(
            _refresh(house, audience_id, each[name][0], whole=False) for name, audience_id in made.items()
        )

    def whole() -> float:
        return sum(
            _refresh(house, audience_id, each[name][1], whole=True) for name, audience_id in made.items()
        )

    whole()  # everybody comes in
    refreshed_house.settle()
    harness.alternate(ours, whole)
    last = {name: (times[0][-harness.TIMES :], times[1][-harness.TIMES :]) for name, times in each.items()}
    for name, (small, all_) in last.items():
        medians = statistics.median(small), statistics.median(all_)
        said = ", recomputed" if name not in reference.reference(house.list_id) else ""
        print(f"{name}: {medians[0] * 1000:.0f} ms against {medians[1] * 1000:.0f} ms{said}")
    alone = [last[name] for name in reference.reference(house.list_id)]
    turns = range(harness.TIMES)
    harness.report(
        "small_refresh",
        unit="s",
        ours=[sum(times[0][place] for times in alone) for place in turns],
        limit=[sum(times[1][place] for times in alone) for place in turns],
        reach=REACH,
        details={"people": house.people, "events": house.events, "changed": CHANGED, "each": last},
    )


def _refresh(house: Any, audience_id: int, times: list[float], *, whole: bool) -> float:
    from benchmarks import people_and_events
    from tabiji.audiences import refreshing
    from tabiji.audiences.contracts import Difference
    from tabiji.audiences.public import audience
    from tabiji.core import postgres

    is_first = whole and not times

    def work() -> None:
        with postgres.workspace_scope(house.workspace_id):
            if whole:
                found = audience.refresh_now(audience_id, now=people_and_events.NOW)
                assert is_first or found == Difference(0, 0), "a small refresh left somebody out"
            else:
                assert refreshing.refresh(audience_id, now=people_and_events.NOW).was_asked

    times.append(harness.seconds(work))
    return times[-1]


_TOP: dict[str, Any] = {
    "kind": "top",
    "percent": 1,
    "name": "page_viewed",
    "total": {"of": "sum", "prop": "props.seconds"},
    "window": {"kind": "last", "n": 180, "unit": "days"},
}
