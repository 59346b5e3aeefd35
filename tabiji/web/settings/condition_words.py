"""What a condition calls the workspace's own things: a stage, a form or a mail by its name, not by its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.translation import pgettext

from tabiji.audiences.public import sources
from tabiji.pages.public import forms
from tabiji.scoring.public import stage_models
from tabiji.workspaces.public import definitions


def _stages() -> Mapping[str, str]:
    model = stage_models.find()
    return {stage.key: stage.label for stage in model.stages} if model else {}


def _membership() -> Mapping[str, str]:
    return {"1": pgettext("change", "in"), "": pgettext("change", "not in")}


def _of_kind(kind: str) -> Callable[[], Mapping[str, str]]:
    return lambda: {str(one.id): one.name for one in definitions.list_of_kind(kind)}


sources.words.add("stage", _stages)
for _membered in ("list", "audience"):
    sources.words.add(_membered, _membership)
sources.words.add("props.form_key", forms.names)
for _property, _kind in (("form_id", "form"), ("mail_id", "mail"), ("initiative_id", "initiative")):
    sources.words.add(f"props.{_property}", _of_kind(_kind))
