"""Figure `idle`: one tick of every loop with a million people waiting and nothing due, in milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime

from benchmarks import harness

REACH = "<= 10 ms for the journeys' tick"
ENROLLED = 1_000_000


def run(enrolled: int = ENROLLED) -> None:
    with harness.house():
        from django.conf import settings

        from benchmarks.journey import _enrol
        from tabiji.core import postgres
        from tabiji.core.loops import loops
        from tabiji.journeys.public import versions
        from tabiji.workspaces.public import workspace
        from tests.builders.journey import journey

        made = workspace.create("bench", name="bench", shards=2)
        with postgres.workspace_scope(made.id):
            journey_id = journey("bench").enter_on("x").wait(days=1).exit().start(datetime.now(UTC))
            version_id = versions.get(journey_id).version_id
        _enrol(settings.DATABASE_URL, made.id, journey_id, version_id or 0, enrolled)
        each = {}
        for loop in loops:
            if loop.name.startswith("sender"):
                continue
            loop.tick()
            runs = sorted(harness.seconds(loop.tick) * 1000 for _ in range(20))
            each[loop.name] = runs[len(runs) // 2]
            print(f"{loop.name}: {each[loop.name]:.1f} ms")
        times = [harness.seconds(loops.get("journeys").tick) * 1000 for _ in range(harness.TIMES * 4)]
        harness.report(
            "idle", unit="ms", ours=times, reach=REACH, details={"waiting": enrolled, "each": each}
        )
