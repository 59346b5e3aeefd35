"""Figure `process`: events a second from the inbox to the closed batch, identity and consumers on.

The limit is a straight script for the same events: decode, COPY the inbox, remember what was seen,
one UPDATE of persons, one Native insert, release; batches of 5,000.
"""

from __future__ import annotations

import random
from typing import Any

from benchmarks import harness

REACH = "ratio >= 0.3 and >= 10,000/s"
EVENTS = 60_000
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140 Safari/537.36"


def run() -> None:
    with harness.house() as home:
        from benchmarks.limits import process as limit
        from tabiji.core import postgres
        from tabiji.events.public import inlet, processor
        from tabiji.workspaces.public import workspace

        made = workspace.create("bench", name="bench", shards=1)
        turn = 0

        def ours() -> float:
            nonlocal turn
            turn += 1
            wanted = events(turn)
            with postgres.workspace_scope(made.id):
                for start in range(0, len(wanted), 500):
                    inlet.accept(wanted[start : start + 500], source="web")
            return EVENTS / harness.seconds(processor.process_all)

        def straight() -> float:
            nonlocal turn
            turn += 1
            return EVENTS / harness.seconds(lambda: limit.run(events(turn)))

        limit.prepare(home)
        runs = harness.alternate(ours, straight)
        harness.report(
            "process", unit="/s", ours=runs[0], limit=runs[1], reach=REACH, details={"events": EVENTS}
        )


def events(turn: int) -> list[dict[str, Any]]:
    """A day of a site: page views, and one identify in twenty."""
    chance = random.Random(turn)
    return [_event(chance, turn, number) for number in range(EVENTS)]


def _event(chance: random.Random, turn: int, number: int) -> dict[str, Any]:
    visitor = f"v{chance.randrange(20_000)}"
    base = {"anonymousId": visitor, "messageId": f"{turn}-{number}", "context": {"userAgent": AGENT}}
    if number % 20 == 0:
        email = f"u{chance.randrange(8_000)}@many.example"
        return base | {"type": "identify", "traits": {"email": email, "last_name": "佐藤", "title": "主任"}}
    page = {"url": f"https://tanomoa.example/p/{number % 50}", "title": "料金", "amount": number % 1_000}
    return base | {"type": "page", "properties": page}
