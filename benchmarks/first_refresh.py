"""Figure `first_refresh`: the seconds in which a million people enter an audience for the first time.

Ours is the refresh of a new audience: the question, members with their episode, a fact for each, what was
seen, one commit. The limit is the same question and a bare COPY of the ids.
"""

from __future__ import annotations

from typing import Any

from benchmarks import harness

REACH = "ratio <= 3"
EVERYBODY: dict[str, Any] = {"kind": "attribute", "field": "email", "op": "is_not_empty"}


def run() -> None:
    from benchmarks import refreshed_house

    with refreshed_house.loaded() as house:
        measure(house)


def measure(house: Any) -> None:
    from benchmarks import people_and_events, refreshed_house
    from benchmarks.limits import first_refresh as limit
    from tabiji.audiences.public import audience
    from tabiji.core import postgres
    from tabiji.workspaces.contracts import AUTOMATIC

    entered: list[int] = []

    def ours() -> float:
        refreshed_house.settle(empty=True)
        with postgres.workspace_scope(house.workspace_id):
            made = audience.create("bench", actor=AUTOMATIC, condition=EVERYBODY)

        def refresh() -> None:
            with postgres.workspace_scope(house.workspace_id):
                entered.append(audience.refresh_now(made, now=people_and_events.NOW).entered)

        return harness.seconds(refresh)

    def straight() -> float:
        limit.prepare()
        refreshed_house.settle(empty=True)
        return harness.seconds(lambda: entered.append(limit.run(house.workspace_id)))

    runs = harness.alternate(ours, straight)
    assert len(set(entered)) == 1, f"they came to different people: {entered}"
    harness.report(
        "first_refresh",
        unit="s",
        ours=runs[0],
        limit=runs[1],
        reach=REACH,
        details={"people": house.people, "events": house.events, "entered": entered[0]},
    )
