"""What works for an initiative: journeys, broadcasts and forms by their own settings, the rest by being put here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy, pgettext_lazy

from tabiji.messaging.public import broadcasts
from tabiji.purpose.public import initiatives
from tabiji.web.initiatives import ways
from tabiji.web.insights import headers
from tabiji.web.shell import links
from tabiji.web.shell.requests import WorkspaceRequest
from tabiji.workspaces.contracts import DefinitionInfo
from tabiji.workspaces.public import definitions


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of definition: its word, its page, its icon.

    is_put_here: belongs by being put here. is_alone: the page is that of the only one of its kind.
    """

    word: Any
    page: str
    icon: str
    is_put_here: bool = False
    is_alone: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    "journey": Kind(gettext_lazy("Journey"), "journeys-detail", "route"),
    "broadcast": Kind(gettext_lazy("Broadcast"), "broadcasts-detail", "send"),
    "page": Kind(gettext_lazy("Page"), "pages-detail", "file-text", True),
    "form": Kind(pgettext_lazy("kind", "Form"), "forms-detail", "forms"),
    "mail": Kind(pgettext_lazy("kind", "Mail"), "mails-detail", "mail", True),
    "audience": Kind(gettext_lazy("Audience"), "audiences-detail", "users", True),
    "experiment": Kind(gettext_lazy("A/B test"), "experiments-detail", "test-pipe", True),
    "funnel": Kind(gettext_lazy("Funnel"), "funnels-detail", "chart-funnel", True),
    "initiative": Kind(gettext_lazy("Initiative"), "initiatives-detail", "target-arrow"),
    "conversion": Kind(pgettext_lazy("fact", "Conversion"), "", "flag"),
    "kpi": Kind(gettext_lazy("KPI"), "kpi-edit", "target"),
    "score_model": Kind(pgettext_lazy("fact", "Score"), "scoring", "star", is_alone=True),
    "stage_model": Kind(pgettext_lazy("fact", "Stage"), "scoring", "stairs-up", is_alone=True),
}
"""Every kind that people define, and where it is changed."""


@dataclass(frozen=True, slots=True)
class Member:
    definition: DefinitionInfo
    kind: Kind
    href: str
    state: str
    css: str


def of(request: WorkspaceRequest, initiative_id: int) -> list[Member]:
    """Journeys first, then in the order of KINDS."""
    wanted = set(initiatives.get(initiative_id).members)
    wanted |= {one.id for one in ways.journeys_of(initiative_id)}
    wanted |= {one.id for one in broadcasts.list_all() if one.initiative_id == initiative_id}
    found = [one for one in definitions.get_many(wanted).values() if one.state != "archived"]
    order = list(KINDS)
    found.sort(key=lambda one: (order.index(one.kind) if one.kind in order else len(order), one.id))
    return [_member(request, one) for one in found if one.kind in KINDS]


def may_be_put(request: WorkspaceRequest) -> list[tuple[str, list[tuple[int, str]]]]:
    """(kind in words, [(id, name)]) of what belongs to no initiative yet."""
    groups = []
    for key, kind in KINDS.items():
        if kind.is_put_here:
            found = definitions.list_of_kind(key)
            taken = initiatives.of_definitions(one.id for one in found)
            left = [(one.id, one.name) for one in found if one.id not in taken]
            if left:
                groups.append((str(kind.word), left))
    return groups


def _member(request: WorkspaceRequest, one: DefinitionInfo) -> Member:
    kind = KINDS[one.kind]
    return Member(one, kind, href_of(request, one), headers.state(one.state), headers.css_of(one.state))


def href_of(request: WorkspaceRequest, one: DefinitionInfo) -> str:
    """Where a definition is read and changed; empty where there is no page of its kind."""
    kind = KINDS.get(one.kind)
    if kind is None or not kind.page:
        return ""
    return links.address(request, kind.page, *(() if kind.is_alone else (one.id,)))


def word_of(kind: str) -> str:
    found = KINDS.get(kind)
    return str(found.word) if found else ""
