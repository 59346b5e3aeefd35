"""Figure `still_refresh`: the milliseconds of a refresh with nothing changed, of a million people.

Any question to ClickHouse would fail while it runs. Beside it: what one tick of the loop costs with a
hundred live audiences, half of which roll, and nothing due.
"""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks import harness

REACH = "<= 5 ms, and no ClickHouse query"
LIVE = 100
TURNS = 50


def run() -> None:
    from benchmarks import refreshed_house

    with refreshed_house.loaded() as house:
        measure(house)


def measure(house: Any) -> None:
    from benchmarks import people_and_events
    from tabiji.audiences import loops
    from tabiji.audiences.public import audience
    from tabiji.core import clickhouse, postgres
    from tabiji.workspaces.contracts import AUTOMATIC

    with postgres.workspace_scope(house.workspace_id):
        made = [
            audience.create(f"live {place}", actor=AUTOMATIC, condition=_condition(place))
            for place in range(LIVE)
        ]
        for audience_id in made:
            audience.refresh_now(audience_id, now=people_and_events.NOW)
        postgres.execute("UPDATE audience SET next_window_at = '2099-01-01' WHERE next_window_at IS NOT NULL")
    held, clickhouse._store = clickhouse._store, _NoClickHouse()  # type: ignore[assignment]

    def still(audience_id: int) -> float:
        return 1_000 * harness.seconds(lambda: _refresh(house.workspace_id, audience_id))

    for audience_id in made:
        still(audience_id)
    times = [still(made[turn % LIVE]) for turn in range(TURNS)]
    loops.refresh_due()
    ticks = [1_000 * harness.seconds(loops.refresh_due) for _ in range(TURNS)]
    clickhouse._store = held
    print(f"a tick with {LIVE} audiences and nothing due: {statistics.median(ticks):.2f} ms")
    harness.report(
        "still_refresh",
        unit="ms",
        ours=times,
        reach=REACH,
        details={"people": house.people, "live": LIVE, "tick_ms": statistics.median(ticks)},
    )


def _refresh(workspace_id: int, audience_id: int) -> None:
    from benchmarks import people_and_events
    from tabiji.audiences import refreshing
    from tabiji.core import postgres

    with postgres.workspace_scope(workspace_id):
        assert not refreshing.refresh(audience_id, now=people_and_events.NOW).was_asked


class _NoClickHouse:
    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"a refresh with nothing changed asked ClickHouse ({name})")


def _condition(place: int) -> dict[str, Any]:
    """Of every two one rolls."""
    submitted: dict[str, Any] = {
        "kind": "event",
        "name": "form_submitted",
        "count": {"op": "at_least", "n": 2},
    }
    if place % 2:
        return {**submitted, "window": {"kind": "last", "n": place + 1, "unit": "days"}}
    title = {"kind": "attribute", "field": "title", "op": "is", "value": "部長"}
    return {
        "kind": "all",
        "of": [
            title,
            {**submitted, "where": [{"prop": "props.link_number", "op": "is", "value": place % 5}]},
        ],
    }
