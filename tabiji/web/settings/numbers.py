"""Numbers of the settings whose people can be opened, each with the sentence that they have in common."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tabiji.people.public import exclusions
from tabiji.people.public import fields as person_fields
from tabiji.scoring.public import scores
from tabiji.web.customers import behind
from tabiji.web.customers.behind import Behind
from tabiji.web.shell.requests import WorkspaceRequest


def _with_field(request: WorkspaceRequest, key: str) -> Behind:
    field = person_fields.get(key)
    return Behind(person_fields.people_with(key), _("“%(field)s” is filled in") % {"field": field.label})


def _excluded(request: WorkspaceRequest, exclusion_id: int) -> Behind:
    found = exclusions.get(exclusion_id)
    said = _("On the exclusion list by “%(value)s”") % {"value": found.value}
    return Behind(exclusions.people_of(exclusion_id), said)


def _scored(request: WorkspaceRequest, points: int) -> Behind:
    said = _("Score of %(points)s or more") % {"points": f"{points:,}"}
    return Behind(scores.people_at_least(points), said)


behind.sources.add("settings-field", _with_field)
behind.sources.add("settings-exclusion", _excluded)
behind.sources.add("settings-score", _scored)
