"""分岐: the first arm whose condition holds; else the last port. Asked when the facts are in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from pydantic import Field

from tabiji.audiences.public import asking, conditions, dependencies
from tabiji.journeys.contracts import Advance, Outcome, Problem, PutOff, Traveller
from tabiji.journeys.nodes import Config, Context, NodeType, Result

ELSE = "else"


class Arm(Config):
    port: str = Field(pattern=r"^[a-z][a-z0-9_]{0,19}$")
    label: str = Field(default="", max_length=60)
    condition: dict[str, Any]


class BranchConfig(Config):
    question: str = Field(default="", max_length=120)
    arms: list[Arm] = Field(min_length=1, max_length=10)
    else_label: str = Field(default="", max_length=60)


class Branch(NodeType[BranchConfig]):
    name = "branch"
    icon = "git-branch"
    touches_people = True
    config = BranchConfig

    def ports(self, config: BranchConfig) -> list[str]:
        return [*(arm.port for arm in config.arms), ELSE]

    def port_label(self, config: BranchConfig, port: str, language: str) -> str:
        for arm in config.arms:
            if arm.port == port:
                return arm.label or ("はい" if language == "ja" else "Yes")
        return config.else_label or ("いいえ" if language == "ja" else "No")

    def run(self, config: BranchConfig, travellers: Sequence[Traveller], context: Context) -> Result:
        ports: dict[int, Outcome] = {}
        left = list(travellers)
        for arm in config.arms:
            if not left:
                break
            holds, undecided = self._ask(arm, left, context)
            for traveller in left:
                if traveller.id in undecided:
                    ports[traveller.id] = undecided[traveller.id]
                elif traveller.person_id in holds:
                    ports[traveller.id] = Advance(arm.port)
            left = [traveller for traveller in left if traveller.id not in ports]
        return Result([ports.get(traveller.id, Advance(ELSE)) for traveller in travellers])

    def _ask(
        self, arm: Arm, travellers: list[Traveller], context: Context
    ) -> tuple[set[UUID], dict[int, PutOff]]:
        try:
            return context.matching(arm.condition, travellers), {}
        except asking.NotYet as not_yet:
            undecided: set[UUID] = set(not_yet.people or [])
            put_off = PutOff(60 if undecided else 1, str(not_yet))
            waiting = {one.id: put_off for one in travellers if not undecided or one.person_id in undecided}
            ready = [one for one in travellers if one.id not in waiting]
            return (context.matching(arm.condition, ready) if ready else set()), waiting

    def problems(self, config: BranchConfig, node_id: str) -> list[Problem]:
        found = []
        for arm in config.arms:
            try:
                condition = conditions.parse(arm.condition)
                if dependencies.asks_of_everyone(condition):
                    raise conditions.BadCondition(
                        "", _("a ranking is asked by an audience: ask who is in it")
                    )
            except conditions.BadCondition as error:
                found.append(
                    Problem(node_id, "bad_condition", {"arm": arm.label or arm.port, "why": str(error)})
                )
        ports = self.ports(config)
        if len(set(ports)) != len(ports):
            found.append(Problem(node_id, "duplicate_port"))
        return found

    def sentence(self, config: BranchConfig, language: str) -> str:
        if config.question:
            return config.question
        try:
            return conditions.sentence(conditions.parse(config.arms[0].condition), language) + "?"
        except conditions.BadCondition:
            return "分岐" if language == "ja" else "Branch"


NODE = Branch()
