"""Figure `audience`: the total time of four reference audiences on a million people and ten million events.

Ours is what a screen does: read the condition, compile it, count. The limit asks the same questions of
the same tables in SQL written by hand for each.
"""

from __future__ import annotations

from typing import Any

from benchmarks import harness

REACH = "ratio <= 1.5"


def run(people: int = 1_000_000, events: int = 10_000_000) -> None:
    with harness.house():
        from benchmarks import people_and_events
        from benchmarks.limits import audience as limit
        from tabiji.audiences.public import asking, conditions
        from tabiji.core import postgres

        workspace_id, list_id = people_and_events.load_as("bench", people=people, events=events)
        with postgres.workspace_scope(workspace_id):
            times: dict[str, list[tuple[float, float]]] = {}
            questions = reference(list_id)

            def ours(name: str) -> int:
                return asking.count(conditions.parse(questions[name]), now=people_and_events.NOW)

            for name in questions:
                answers = ours(name), limit.count(name, workspace_id, list_id)
                assert answers[0] == answers[1], (name, answers)
                runs = harness.alternate(
                    lambda name=name: harness.seconds(lambda: ours(name)),  # type: ignore[misc]
                    lambda name=name: harness.seconds(lambda: limit.count(name, workspace_id, list_id)),  # type: ignore[misc]
                )
                times[name] = list(zip(*runs, strict=True))
                middle = [sorted(values)[len(values) // 2] for values in runs]
                print(
                    f"{name}: {answers[0]:,} people, ours {middle[0] * 1000:.0f} ms, limit {middle[1] * 1000:.0f} ms"
                )
            harness.report(
                "audience",
                unit="s",
                ours=[sum(times[name][turn][0] for name in times) for turn in range(harness.TIMES)],
                limit=[sum(times[name][turn][1] for name in times) for turn in range(harness.TIMES)],
                reach=REACH,
                details={"people": people, "events": events, "each": times},
            )


def reference(list_id: int) -> dict[str, dict[str, Any]]:
    """The four audiences: who they are, what they did, both, and silence."""

    def viewed(**more: Any) -> dict[str, Any]:
        return {"kind": "event", "name": "page_viewed", **more}

    def last(days: int) -> dict[str, Any]:
        return {"kind": "last", "n": days, "unit": "days"}

    consent = {"kind": "value", "of": "consent", "ref": "mail/marketing"}
    who_they_are = [
        {"kind": "attribute", "field": "title", "op": "in", "value": ["部長", "課長"]},
        {"kind": "attribute", "field": "department", "op": "is_not", "value": "開発部"},
        {"kind": "attribute", "field": "budget", "op": "gte", "value": 1_000_000},
        {**consent, "op": "is", "value": "granted"},
        {"kind": "value", "of": "list", "ref": str(list_id), "op": "not_member"},
    ]
    what_they_did = [
        viewed(
            where=[
                {"prop": "path", "op": "starts_with", "value": "/pricing"},
                {"prop": "props.line", "op": "is", "value": "おまかせ"},
            ],
            count={"op": "at_least", "n": 2},
            window=last(180),
        ),
        {"kind": "event", "name": "form_submitted", "count": {"op": "exactly", "n": 0}},
    ]
    clicked: dict[str, Any] = {"kind": "event", "name": "click_judged", "window": last(14)}
    clicked["where"] = [{"prop": "props.verdict", "op": "is", "value": "human"}]
    submitted: dict[str, Any] = {"kind": "event", "name": "form_submitted", "window": last(90)}
    submitted["where"] = [{"prop": "props.link_number", "op": "is", "value": 3}]
    both = [
        {
            "kind": "any",
            "of": [
                {"kind": "value", "of": "score", "op": "gte", "value": 60},
                {"kind": "value", "of": "stage", "op": "in", "value": ["mql", "sql"]},
            ],
        },
        {"kind": "any", "of": [clicked, submitted]},
        {**consent, "op": "is_not", "value": "withdrawn"},
    ]
    acts = ("page_viewed", "click_judged", "form_submitted")
    silence = [
        {"kind": "attribute", "field": "source", "op": "is", "value": "検索"},
        viewed(count={"op": "at_least", "n": 10}),
        {"kind": "none", "of": [{"kind": "event", "name": name, "window": last(60)} for name in acts]},
    ]
    trees = {"who they are": who_they_are, "what they did": what_they_did, "both": both, "silence": silence}
    return {name: {"kind": "all", "of": parts} for name, parts in trees.items()}
