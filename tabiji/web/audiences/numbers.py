"""The numbers of audiences whose people can be opened: members, and whoever a condition means."""

from __future__ import annotations

import json
from typing import Any, Final

from django.utils.translation import gettext as _

from tabiji.audiences.public import asking, audience, conditions
from tabiji.core import clickhouse
from tabiji.web.customers import behind
from tabiji.web.customers.behind import Behind
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest

_LONGEST: Final = 2_000
"""Letters of a condition that still fit in an address."""


def address_of(request: WorkspaceRequest, data: dict[str, Any]) -> str:
    """The list of exactly the people whom a condition means; empty where it is too long for an address."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return behind.address(request, "condition", text) if len(text) <= _LONGEST else ""


def _members(request: WorkspaceRequest, audience_id: int) -> Behind:
    found = audience.get(audience_id)
    said = _("In the audience “%(name)s”") % {"name": found.name}
    return Behind(audience.member_ids(found.id), said)


def _meant(request: WorkspaceRequest, text: str) -> Behind:
    try:
        condition = conditions.parse(json.loads(text))
        people = asking.people(condition, now=request.now)
    except conditions.BadCondition as error:
        raise behind.NoSuchNumber("this condition cannot be asked any more") from error
    except asking.CountingRests as error:
        raise clickhouse.ClickHouseResting(0, "counting rests") from error
    return Behind(people, conditions.sentence(condition, on_screen.language()))


behind.sources.add("audience", _members)
behind.sources.add("condition", _meant)
