"""Where a mail, a page or a form is used: drafts count as well, for they will be used next."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from tabiji.core.paging import ListQuery
from tabiji.journeys.public import graph as graphs
from tabiji.journeys.public import versions
from tabiji.messaging.public import broadcasts
from tabiji.pages.contracts import PublicInfo
from tabiji.pages.public import documents, forms, landing
from tabiji.purpose.public import initiatives
from tabiji.web.shell import links
from tabiji.web.shell.requests import WorkspaceRequest

_MOST = 500


@dataclass(frozen=True, slots=True)
class Use:
    """href is empty where there is no such page."""

    label: str
    href: str


class Uses:
    """All uses, read once for a screen."""

    def __init__(self, request: WorkspaceRequest) -> None:
        self._request = request

    def of(self, kind: str, definition_id: int) -> list[Use]:
        own = {"mail": self._mails, "form": self._forms, "page": {}}[kind].get(definition_id, [])
        initiative_id = self._initiatives.get(definition_id)
        return [*own, *([self._initiative(initiative_id)] if initiative_id else [])]

    @cached_property
    def _mails(self) -> dict[int, list[Use]]:
        found: dict[int, dict[str, Use]] = defaultdict(dict)
        for name, use, mail_id in (
            *self._sent_by_journeys(),
            *self._sent_by_broadcasts(),
            *self._sent_by_forms(),
        ):
            found[mail_id][name] = use
        return {mail_id: list(uses.values()) for mail_id, uses in found.items()}

    @cached_property
    def _forms(self) -> dict[int, list[Use]]:
        found: dict[int, dict[str, Use]] = defaultdict(dict)
        for one in landing.list_pages(ListQuery(limit=_MOST)).rows:
            use = self._use("pages-detail", one.id, one.name)
            for form_id in self._shown_forms(one):
                found[form_id][f"page {one.id}"] = use
        for journey_id, name, graph in self._graphs:
            for entry in graph.entries:
                if isinstance(entry, graphs.FormEntry):
                    found[entry.form_id][f"journey {journey_id}"] = self._use(
                        "journeys-detail", journey_id, name
                    )
        return {form_id: list(uses.values()) for form_id, uses in found.items()}

    @cached_property
    def _initiatives(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for one in initiatives.list_all():
            found |= dict.fromkeys(one.members, one.id)
        return found

    @cached_property
    def _graphs(self) -> list[tuple[int, str, graphs.Graph]]:
        """(journey, its name, graph) of all drafts, and of the versions that people enter now."""
        found = []
        for one in versions.list_all():
            found.append((one.id, one.name, graphs.parse(one.draft)))
            if one.version_id:
                found.append((one.id, one.name, versions.loaded(one.version_id).graph))
        return found

    def _sent_by_journeys(self) -> list[tuple[str, Use, int]]:
        return [
            (f"journey {journey_id}", self._use("journeys-detail", journey_id, name), mail_id)
            for journey_id, name, graph in self._graphs
            for node in graph.nodes
            if node.type == "send" and (mail_id := _number(node.config.get("mail_id")))
        ]

    def _sent_by_broadcasts(self) -> list[tuple[str, Use, int]]:
        return [
            (f"broadcast {one.id}", self._use("broadcasts-detail", one.id, one.name), one.mail_id)
            for one in broadcasts.list_all()
            if one.mail_id
        ]

    def _sent_by_forms(self) -> list[tuple[str, Use, int]]:
        found = []
        for one in forms.list_forms(ListQuery(limit=_MOST)).rows:
            shown = [one.document]
            if one.version_id and one.is_changed:
                shown.append(forms.get_version(one.version_id).document)
            found += [
                (f"form {one.id}", self._use("forms-detail", one.id, one.name), mail_id)
                for document in shown
                if (mail_id := _number(document.get("auto_reply_mail_id")))
            ]
        return found

    @staticmethod
    def _shown_forms(one: PublicInfo) -> list[int]:
        found = documents.form_ids(documents.parse_page(one.document))
        if one.version_id and one.is_changed:
            found += documents.form_ids(documents.parse_page(landing.get_version(one.version_id).document))
        return found

    def _initiative(self, initiative_id: int) -> Use:
        """Said to be one: it often has the name of its journey."""
        named = _("Initiative “%(name)s”") % {"name": initiatives.get(initiative_id).name}
        return self._use("initiatives-detail", initiative_id, named)

    def _use(self, name: str, definition_id: int, label: str) -> Use:
        return Use(label, links.address(self._request, name, definition_id))


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
