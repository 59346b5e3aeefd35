"""Figure `questions`: 24 reference questions on a million people and a hundred million events.

Ours is what a screen does: read the condition, compile it, count. The limit asks the same of the same
tables in the best SQL that a person would write for each. Beside the times: what each reads.

    make bench NAME=questions                          as the figure is defined
    EVENTS=10000000 make bench NAME=questions          a tenth of it, for the curve
"""

from __future__ import annotations

import os
import statistics
from typing import Any

from benchmarks import harness

REACH = "time ratio <= 1.2, rows and bytes read <= 1.2 x each; p50 <= 0.3 s, p95 <= 2 s"


def run(people: int = 1_000_000, events: int | None = None) -> None:
    events = events or int(os.environ.get("EVENTS", "100000000"))
    with harness.house():
        from benchmarks import people_and_events
        from benchmarks.limits import questions as limit
        from tabiji.audiences.public import asking, conditions
        from tabiji.core import clickhouse, postgres

        workspace_id, list_id = people_and_events.load_as("bench", people=people, events=events)
        with postgres.workspace_scope(workspace_id):
            asked = {name: conditions.parse(tree) for name, tree in reference(list_id).items()}
            each: dict[str, dict[str, Any]] = {}
            for name, condition in asked.items():

                def ours(condition: conditions.Condition = condition) -> int:
                    return asking.count(condition, now=people_and_events.NOW)

                def theirs(name: str = name) -> int:
                    return limit.count(name, workspace_id, list_id)

                answers = ours(), theirs()
                assert answers[0] == answers[1], (name, answers)
                runs = harness.alternate(
                    lambda ours=ours: harness.seconds(ours),  # type: ignore[misc]
                    lambda theirs=theirs: harness.seconds(theirs),  # type: ignore[misc]
                )
                read = _read_by(clickhouse.store(), ours), _read_by(clickhouse.store(), theirs)
                each[name] = {"people": answers[0], "ours": runs[0], "limit": runs[1], "read": read}
                _say(name, each[name])
    turns = range(harness.TIMES)
    medians = sorted(statistics.median(one["ours"]) for one in each.values())
    details = {
        "people": people,
        "events": events,
        "p50": medians[len(medians) // 2],
        "p95": medians[int(len(medians) * 0.95)],
        "rows_ratio": max(one["read"][0][0] / one["read"][1][0] for one in each.values()),
        "bytes_ratio": max(one["read"][0][1] / one["read"][1][1] for one in each.values()),
        "each": each,
    }
    print({name: value for name, value in details.items() if name != "each"})
    harness.report(
        "questions",
        unit="s",
        ours=[sum(one["ours"][turn] for one in each.values()) for turn in turns],
        limit=[sum(one["limit"][turn] for one in each.values()) for turn in turns],
        reach=REACH,
        details=details,
    )


def _say(name: str, one: dict[str, Any]) -> None:
    ours, limit = statistics.median(one["ours"]), statistics.median(one["limit"])
    rows = one["read"][0][0] / one["read"][1][0]
    size = one["read"][0][1] / one["read"][1][1]
    print(
        f"{name}: {one['people']:,} people, {ours * 1000:.0f} ms against {limit * 1000:.0f} ms = {ours / limit:.2f},"
        f" rows read {rows:.2f}, bytes {size:.2f}",
        flush=True,
    )


def _read_by(store: Any, work: Any) -> tuple[int, int]:
    """(rows, bytes) that the engine read for this, by its own counters."""
    before = _counters(store)
    work()
    after = _counters(store)
    own = _counters(store)  # what asking for the counters costs
    return tuple(b - a - (c - b) for a, b, c in zip(before, after, own, strict=True))  # type: ignore[return-value]


def _counters(store: Any) -> tuple[int, int]:
    found = dict(
        store.rows("SELECT event, value FROM system.events WHERE event IN ('SelectedRows', 'SelectedBytes')")
    )
    return int(found.get("SelectedRows", 0)), int(found.get("SelectedBytes", 0))


def reference(list_id: int) -> dict[str, dict[str, Any]]:
    """The 24 questions, as a marketer would ask them."""

    def all_of(*parts: dict[str, Any]) -> dict[str, Any]:
        return {"kind": "all", "of": list(parts)}

    def field(key: str, op: str, value: Any = None) -> dict[str, Any]:
        return {"kind": "attribute", "field": key, "op": op, "value": value}

    def did(name: str, **more: Any) -> dict[str, Any]:
        return {"kind": "event", "name": name, **more}

    def last(days: int) -> dict[str, Any]:
        return {"kind": "last", "n": days, "unit": "days"}

    def where(prop: str, op: str, value: Any) -> list[dict[str, Any]]:
        return [{"prop": prop, "op": op, "value": value}]

    def times(op: str, n: int) -> dict[str, Any]:
        return {"op": op, "n": n}

    def total(of: str, op: str, n: float, prop: str | None = None) -> dict[str, Any]:
        return {"of": of, "op": op, "n": n, **({"prop": prop} if prop else {})}

    consent = {"kind": "value", "of": "consent", "ref": "mail/marketing"}
    pricing = where("path", "starts_with", "/pricing")
    human = where("props.verdict", "is", "human")
    seconds = "props.seconds"
    return {
        "everyone": {"kind": "everyone"},
        "job and department": all_of(
            field("title", "in", ["部長", "課長"]), field("department", "is_not", "開発部")
        ),
        "budget and consent": all_of(
            field("budget", "gte", 1_000_000), {**consent, "op": "is", "value": "granted"}
        ),
        "score, not on a list": all_of(
            {"kind": "value", "of": "score", "op": "gte", "value": 60},
            {"kind": "value", "of": "list", "ref": str(list_id), "op": "not_member"},
        ),
        "trait of the company": all_of(
            field("company_industry", "is", "製造"), field("company_employees", "lt", 100)
        ),
        "silent for 90 days": field("last_act_at", "longer_ago_than_days", 90),
        "anniversary in 7 days": field("created_at", "anniversary_within_next_days", 7),
        "viewed pricing": did("page_viewed", where=pricing, window=last(30)),
        "viewed pricing 3 times": did(
            "page_viewed", where=pricing, count=times("at_least", 3), window=last(180)
        ),
        "never submitted": did("form_submitted", count=times("exactly", 0)),
        "clicked, did not submit": all_of(
            did("click_judged", where=human, window=last(60)),
            did("form_submitted", count=times("exactly", 0)),
        ),
        "one of three acts": {
            "kind": "any",
            "of": [
                did("click_judged", where=human, window=last(14)),
                did("form_submitted", window=last(90)),
                did("mail_opened", window=last(7)),
            ],
        },
        "many views and silence": all_of(
            did("page_viewed", count=times("at_least", 10)),
            {"kind": "none", "of": [did("page_viewed", window=last(60))]},
        ),
        "last month only": did("page_viewed", window={"kind": "calendar", "unit": "month", "back": 1}),
        "90 to 60 days ago": did("form_submitted", window={"kind": "ago", "from": 90, "to": 60}),
        "sum of seconds": did(
            "page_viewed", total=total("sum", "at_least", 1_500, seconds), window=last(180)
        ),
        "average of seconds": did(
            "page_viewed", total=total("average", "more_than", 200, seconds), window=last(180)
        ),
        "different mails": did("click_judged", total=total("distinct", "at_least", 3, "props.mail_id")),
        "active days": did("page_viewed", total=total("days", "at_least", 5), window=last(180)),
        "first act lately": did("form_submitted", pick={"n": 1, "from": "start"}, window=last(90)),
        "last page was pricing": did("page_viewed", pick={"n": 1, "from": "end"}, where=pricing),
        "viewed, then submitted": {
            "kind": "sequence",
            "steps": [
                {"name": "click_judged", "where": human},
                {"name": "form_submitted", "within": {"n": 3, "unit": "days"}},
            ],
        },
        "nothing sent in since the last click": did(
            "form_submitted",
            count=times("exactly", 0),
            window={"kind": "since_event", "name": "click_judged", "where": human},
        ),
        "top 1 % by seconds": {
            "kind": "top",
            "percent": 1,
            "name": "page_viewed",
            "total": {"of": "sum", "prop": seconds},
            "window": last(180),
        },
    }
