"""`journey("welcome").enter_on("signed_up").wait(days=1).send(mail).goal("booked").start(...)`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tabiji.journeys.public import versions
from tabiji.workspaces.contracts import AUTOMATIC


class Journey:
    """A graph under construction; steps are added after the last one, arms by `arm`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.graph: dict[str, Any] = {"entries": [], "nodes": [], "edges": [], "start": ""}
        self._last: list[tuple[str, str]] = []
        self._count = 0

    def enter_on(self, event: str, **where: str) -> Journey:
        filters = [{"name": name, "values": [value]} for name, value in where.items()]
        self.graph["entries"].append({"kind": "event", "event": event, "where": filters})
        return self

    def enter_from_audience(self, audience_id: int) -> Journey:
        self.graph["entries"].append({"kind": "audience", "audience_id": audience_id})
        return self

    def reenter(self, kind: str, days: int = 0) -> Journey:
        self.graph["reentry"] = {"kind": kind, "days": days}
        return self

    def wait(
        self, *, days: int = 0, hours: int = 0, business_days: int = 0, until: str = "", at: str = "10:00"
    ) -> Journey:
        if until:
            return self.step("wait", kind="until_hour", at=until)
        if business_days:
            return self.step("wait", kind="business_days", amount=business_days, at=at)
        return self.step("wait", kind="hours" if hours else "days", amount=hours or days)

    def send(self, mail_id: int) -> Journey:
        return self.step("send", mail_id=mail_id)

    def set_field(self, field: str, value: str) -> Journey:
        return self.step("set_field", field=field, value=value)

    def add_score(self, points: int) -> Journey:
        return self.step("add_score", points=points)

    def hand_over(self, reason: str = "") -> Journey:
        return self.step("hand_over", reason=reason)

    def branch(self, condition: dict[str, Any], yes: Journey, no: Journey) -> Journey:
        node = self._add("branch", {"arms": [{"port": "yes", "condition": condition}]})
        return self._join({(node, "yes"): yes, (node, "else"): no})

    def split(self, key: str = "split", **arms: tuple[int, Journey]) -> Journey:
        config = {
            "key": key,
            "arms": [{"port": name, "label": name, "weight": arm[0]} for name, arm in arms.items()],
        }
        node = self._add("split", config)
        return self._join({(node, name): arm[1] for name, arm in arms.items()})

    def goal(self, conversion: str, wait_days: int = 7) -> Journey:
        self.graph["goal"] = conversion
        return self.step("goal", wait_days=wait_days)

    def exit(self) -> Journey:
        return self.step("exit")

    def step(self, step_type: str, /, **config: Any) -> Journey:
        self._last = [(self._add(step_type, config), "next")]
        return self

    def start(self, now: datetime, *, initiative_id: int = 0) -> int:
        """Create and publish it; the journey's id."""
        journey_id = versions.create(
            self.name, actor=AUTOMATIC, why="試すため", graph=self.graph, initiative_id=initiative_id
        )
        versions.publish(journey_id, actor=AUTOMATIC, now=now)
        return journey_id

    def _add(self, kind: str, config: dict[str, Any]) -> str:
        self._count += 1
        node_id = f"n{self._count}"
        self.graph["nodes"].append({"id": node_id, "type": kind, "config": config})
        self.graph["start"] = self.graph["start"] or node_id
        for source, port in self._last:
            self.graph["edges"].append({"source": source, "port": port, "target": node_id})
        self._last = []
        return node_id

    def _join(self, arms: dict[tuple[str, str], Journey]) -> Journey:
        ends: list[tuple[str, str]] = []
        for (node, port), arm in arms.items():
            if not arm.graph["nodes"]:
                ends.append((node, port))
                continue
            renamed = {}
            for inner in arm.graph["nodes"]:
                self._count += 1
                renamed[inner["id"]] = f"n{self._count}"
                self.graph["nodes"].append({**inner, "id": renamed[inner["id"]]})
            self.graph["edges"].append({"source": node, "port": port, "target": renamed[arm.graph["start"]]})
            self.graph["edges"] += [
                {"source": renamed[edge["source"]], "port": edge["port"], "target": renamed[edge["target"]]}
                for edge in arm.graph["edges"]
            ]
            ends += [(renamed[source], end) for source, end in arm._last]
        self._last = ends
        return self


def journey(name: str) -> Journey:
    return Journey(name)


def then() -> Journey:
    """The way of one arm."""
    return Journey("arm")
