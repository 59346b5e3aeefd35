"""What a condition calls the workspace's own things: a stage, a form or a mail by its name, not by its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tabiji.audiences.public import sources
from tabiji.core.paging import ListQuery
from tabiji.pages.public import forms
from tabiji.scoring.public import stage_models
from tabiji.workspaces.public import definitions

_FORMS: Final = 200


def _stages() -> Mapping[str, str]:
    model = stage_models.find()
    return {stage.key: stage.label for stage in model.stages} if model else {}


def _forms() -> Mapping[str, str]:
    return {form.key: form.name for form in forms.list_forms(ListQuery(limit=_FORMS)).rows}


def _of_kind(kind: str) -> Callable[[], Mapping[str, str]]:
    return lambda: {str(one.id): one.name for one in definitions.list_of_kind(kind)}


sources.words.add("stage", _stages)
sources.words.add("props.form_key", _forms)
for _property, _kind in (("form_id", "form"), ("mail_id", "mail"), ("initiative_id", "initiative")):
    sources.words.add(f"props.{_property}", _of_kind(_kind))
