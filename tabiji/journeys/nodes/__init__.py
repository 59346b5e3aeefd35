"""Nodes: one file each, found by name. A node is pure thought: it returns outcomes and effects."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from tabiji.core.registry import Registry
from tabiji.journeys.contracts import Effect, Outcome, Problem, Traveller
from tabiji.workspaces.public import calendar

C = TypeVar("C", bound="Config")


class Config(BaseModel):
    """A node's configuration; its JSON Schema draws the form on the canvas."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Context:
    """What a node may know beside its travellers. Nothing here writes."""

    now: datetime
    asked_at: datetime
    """The database's clock: events accepted before this moment count."""
    workspace_id: int
    journey_id: int
    version_id: int
    initiative_id: int
    node_id: str
    business: calendar.BusinessCalendar
    matching: Callable[[dict[str, Any], Sequence[Traveller]], set[UUID]]
    """Which of the travellers' people fulfil a condition; raises audiences' NotYet."""


@dataclass(slots=True)
class Result:
    """outcomes: one for each traveller, in order; effects: in any number."""

    outcomes: list[Outcome] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)


class NodeType(Generic[C]):
    """A kind of step. Subclasses stand in files of this folder and are registered by `load`."""

    name: ClassVar[str]
    icon: ClassVar[str]
    waits: ClassVar[bool] = False
    touches_people: ClassVar[bool] = False
    """Reads people's present values, or changes them: their rows are locked before it runs."""
    config: type[C]

    def ports(self, config: C) -> list[str]:
        return ["next"]

    def port_label(self, config: C, port: str, language: str) -> str:
        return ""

    def run(self, config: C, travellers: Sequence[Traveller], context: Context) -> Result:
        raise NotImplementedError

    def sentence(self, config: C, language: str) -> str:
        raise NotImplementedError

    def problems(self, config: C, node_id: str) -> list[Problem]:
        """What keeps this step from working, beyond its schema."""
        return []

    def pin(self, config: C) -> C:
        """The configuration as a published version keeps it: what it points to is fixed."""
        return config


types: Registry[NodeType[Any]] = Registry("journey step")


def load() -> None:
    """Find every node file of this folder and register what it defines."""
    for module in pkgutil.iter_modules(__path__):
        if module.name != "tests":
            found = importlib.import_module(f"{__name__}.{module.name}")
            types.add(found.NODE.name, found.NODE)


def read_config(node_type: NodeType[Any], node_id: str, data: dict[str, Any]) -> tuple[Any, list[Problem]]:
    """(configuration or None, problems)."""
    try:
        return node_type.config.model_validate(data), []
    except ValidationError as error:
        return None, [
            Problem(
                node_id,
                "bad_setting",
                {"where": ".".join(str(part) for part in problem["loc"]), "why": problem["msg"]},
            )
            for problem in error.errors()
        ]
