"""Where the name of an event is used: drafts count as well, for they will be used next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Final

from tabiji.audiences.public import audience
from tabiji.insights.public import funnels
from tabiji.journeys.public import versions
from tabiji.messaging.public import broadcasts
from tabiji.purpose.public import conversions
from tabiji.scoring.public import score_models, stage_models
from tabiji.web.audiences.used_in import Use
from tabiji.web.shell import links
from tabiji.web.shell.requests import WorkspaceRequest


class Uses:
    """All uses of all names, read once for a screen."""

    def __init__(self, request: WorkspaceRequest) -> None:
        self._request = request

    def of(self, name: str) -> list[Use]:
        return list(self._found.get(name, {}).values())

    @cached_property
    def _found(self) -> dict[str, dict[str, Use]]:
        found: dict[str, dict[str, Use]] = defaultdict(dict)
        for key, use, stored in (*self._definitions(), *self._rules()):
            for name in named_in(stored):
                found[name][key] = use
        return found

    def _definitions(self) -> Iterator[tuple[str, Use, Any]]:
        for one in audience.list_all():
            yield f"audience {one.id}", self._use(one.name, "audiences-detail", one.id), one.condition.data()
        for journey in versions.list_all():
            use = self._use(journey.name, "journeys-detail", journey.id)
            yield f"journey {journey.id}", use, journey.draft
            if journey.version_id:
                graph = versions.loaded(journey.version_id).graph.model_dump(mode="json")
                yield f"journey {journey.id}", use, graph
        for sent in broadcasts.list_all():
            yield f"broadcast {sent.id}", self._use(sent.name, "broadcasts-detail", sent.id), sent.condition
        for funnel in funnels.list_all():
            yield f"funnel {funnel.id}", self._use(funnel.name, "funnels-detail", funnel.id), funnel.steps

    def _rules(self) -> Iterator[tuple[str, Use, Any]]:
        for one in conversions.list_all():
            yield f"conversion {one.key}", self._use(one.name, "kpi"), one.rule
        for model in score_models.list_models():
            for rule in model.document.get("rules", ()):
                said = str(rule["label"]).replace("{subject}", "…")
                yield f"score {model.key} {rule['key']}", self._use(said, "scoring"), rule
        stages = stage_models.find()
        for stage in stages.stages if stages else ():
            yield f"stage {stage.key}", self._use(stage.label, "scoring"), stage.rule

    def _use(self, label: str, name: str, *args: int) -> Use:
        return Use(label, links.address(self._request, name, *args))


def named_in(data: Any) -> set[str]:
    """The events that a stored tree, drawing or rule names."""
    found: set[str] = set()
    waiting = [data]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if one.get("kind") in _DEEDS:
                found.update(str(one[key]) for key in ("name", "event") if one.get(key))
                found.update(str(name) for name in _list(one.get("names")) if name)
            elif one.get("kind") == "sequence":
                steps = _dicts(one.get("steps"))
                deeds = [deed for step in steps for deed in (step, *_dicts(step.get("without")))]
                found.update(str(deed["name"]) for deed in deeds if deed.get("name"))
            elif one.get("kind") == "form" and "form_id" in one:
                found.add("form_submitted")
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
    return found


def _dicts(stored: Any) -> list[dict[str, Any]]:
    """Of a draft, which may be half written, what can name something."""
    return [one for one in _list(stored) if isinstance(one, dict)]


def _list(stored: Any) -> Sequence[Any]:
    return stored if isinstance(stored, list | tuple) else ()


_DEEDS: Final = frozenset({"event", "top", "since_event"})
"""Kinds of parts that name an event."""
