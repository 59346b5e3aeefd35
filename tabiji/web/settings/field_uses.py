"""Where a field of people is asked for, set or said: drafts count as well, for they will be used next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.utils.translation import gettext as _

from tabiji.audiences.public import audience
from tabiji.content.public import mails
from tabiji.core.paging import ListQuery
from tabiji.journeys.public import versions
from tabiji.messaging.public import broadcasts
from tabiji.pages.public import forms
from tabiji.scoring.public import score_models, stage_models
from tabiji.web.shell import links
from tabiji.web.shell.requests import WorkspaceRequest

_MOST: Final = 500
_NAMING: Final = ("field", "maps_to")
"""The keys under which the documents of all rooms name a field."""


@dataclass(frozen=True, slots=True)
class Use:
    label: str
    href: str


class Uses:
    """All uses, read once for a screen."""

    def __init__(self, request: WorkspaceRequest) -> None:
        self._request = request

    def of(self, key: str) -> list[Use]:
        return list(dict.fromkeys(use for use, named in self._named if key in named))

    @cached_property
    def _named(self) -> list[tuple[Use, frozenset[str]]]:
        """Each definition with the fields that it names."""
        return [
            (use, frozenset(_fields_in(document)))
            for part in (self._audiences, self._journeys, self._broadcasts, self._forms, self._scoring)
            for use, document in part()
        ] + list(self._mails())

    def _audiences(self) -> Iterator[tuple[Use, Any]]:
        for one in audience.list_all():
            yield self._use("audiences-detail", one.name, one.id), one.condition.data()

    def _journeys(self) -> Iterator[tuple[Use, Any]]:
        for one in versions.list_all():
            use = self._use("journeys-detail", one.name, one.id)
            yield use, one.draft
            if one.version_id:
                yield use, versions.loaded(one.version_id).graph.model_dump(mode="json")

    def _broadcasts(self) -> Iterator[tuple[Use, Any]]:
        for one in broadcasts.list_all():
            if one.state not in ("ended", "cancelled"):
                yield self._use("broadcasts-detail", one.name, one.id), one.condition

    def _forms(self) -> Iterator[tuple[Use, Any]]:
        for one in forms.list_forms(ListQuery(limit=_MOST)).rows:
            use = self._use("forms-detail", one.name, one.id)
            yield use, one.document
            if one.version_id and one.is_changed:
                yield use, forms.get_version(one.version_id).document

    def _scoring(self) -> Iterator[tuple[Use, Any]]:
        for model in score_models.list_models():
            use = self._use("scoring-points", _("Points"))
            yield use, model.document
            yield use, model.draft
        stages = stage_models.find()
        if stages is not None:
            use = self._use("scoring", _("Stages"))
            yield use, [one.rule for one in stages.stages]
            yield use, stages.draft

    def _mails(self) -> Iterator[tuple[Use, frozenset[str]]]:
        for one in mails.list_mails(ListQuery(limit=_MOST)).rows:
            named = {path.rpartition(".")[2] for path in mails.used_fields(mails.draft_of(one))}
            yield self._use("mails-detail", one.name, one.id), frozenset(named)

    def _use(self, name: str, label: str, *args: object) -> Use:
        return Use(label, links.address(self._request, name, *args))


def _fields_in(document: Any) -> Iterator[str]:
    """Every field that a stored document names, however deep."""
    match document:
        case dict():
            for key, value in document.items():
                if key in _NAMING and isinstance(value, str):
                    yield value
                yield from _fields_in(value)
        case list() | tuple():
            for value in document:
                yield from _fields_in(value)
