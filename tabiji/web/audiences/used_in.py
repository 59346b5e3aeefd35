"""Where an audience is used: drafts count as well, for they will be used next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tabiji.audiences.public import audience
from tabiji.journeys.public import versions
from tabiji.messaging.public import broadcasts
from tabiji.scoring.public import stage_models
from tabiji.web.shell import links
from tabiji.web.shell.requests import WorkspaceRequest


@dataclass(frozen=True, slots=True)
class Use:
    """href is empty where there is no such page."""

    label: str
    href: str


class Uses:
    """All uses of all audiences, read once for a screen."""

    def __init__(self, request: WorkspaceRequest) -> None:
        self._request = request

    def of(self, audience_id: int) -> list[Use]:
        return list(self._found.get(audience_id, {}).values())

    @cached_property
    def _found(self) -> dict[int, dict[str, Use]]:
        found: dict[int, dict[str, Use]] = defaultdict(dict)
        for key, use, ids in (*self._journeys(), *self._broadcasts(), *self._audiences(), *self._stages()):
            for one in ids:
                found[one][key] = use
        return found

    def _journeys(self) -> Iterator[tuple[str, Use, set[int]]]:
        for one in versions.list_all():
            named = named_in(one.draft)
            if one.version_id:
                named |= named_in(versions.loaded(one.version_id).graph.model_dump(mode="json"))
            yield f"journey {one.id}", self._use("journeys-detail", one.id, one.name), named

    def _broadcasts(self) -> Iterator[tuple[str, Use, set[int]]]:
        for one in broadcasts.list_all():
            yield (
                f"broadcast {one.id}",
                self._use("broadcasts-detail", one.id, one.name),
                named_in(one.condition),
            )

    def _audiences(self) -> Iterator[tuple[str, Use, set[int]]]:
        for one in audience.list_all():
            yield (
                f"audience {one.id}",
                self._use("audiences-detail", one.id, one.name),
                named_in(one.condition.data()),
            )

    def _stages(self) -> Iterator[tuple[str, Use, set[int]]]:
        model = stage_models.find()
        for stage in model.stages if model else ():
            yield (
                f"stage {stage.key}",
                Use(stage.label, links.address(self._request, "scoring")),
                named_in(stage.rule),
            )

    def _use(self, name: str, definition_id: int, label: str) -> Use:
        return Use(label, links.address(self._request, name, definition_id))


def named_in(data: Any) -> set[int]:
    """The audiences that a stored tree, drawing or part of one names."""
    found: set[int] = set()
    waiting = [data]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if one.get("kind") == "value" and one.get("of") == "audience":
                found |= _number(one.get("ref"))
            if one.get("kind") == "audience":
                found |= _number(one.get("audience_id"))
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
    return found


def _number(value: Any) -> set[int]:
    return {int(value)} if str(value).isdecimal() else set()
