"""The numbers of these pages whose people can be opened: consents, missing bases, companies, lists."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tabiji.people.public import companies, consent, lists, persons
from tabiji.web.customers import behind, words
from tabiji.web.customers.behind import Behind
from tabiji.web.shell.requests import WorkspaceRequest


def _standing(request: WorkspaceRequest, channel: str, state: str, basis: str = "") -> Behind:
    people = consent.people_standing(channel, state, basis)
    said = [words.of(words.CHANNELS, channel), words.of(words.CONSENT_STATES, state)]
    if basis:
        said.append(words.of(words.BASES, basis))
    return Behind(people, " · ".join(said))


def _without_basis(request: WorkspaceRequest) -> Behind:
    return Behind(consent.people_without_basis(), _("No basis for marketing mails is known"))


def _of_company(request: WorkspaceRequest, company_id: int) -> Behind:
    company = companies.get(company_id)
    return Behind(persons.matching_ids({"company": str(company.id)}), company.name)


def _on_list(request: WorkspaceRequest, list_id: int) -> Behind:
    found = lists.get(list_id)
    return Behind(lists.member_ids(found.id), _("On the static list “%(name)s”") % {"name": found.name})


behind.sources.add("company", _of_company)
behind.sources.add("list", _on_list)
behind.sources.add("consent", _standing)
behind.sources.add("no-basis", _without_basis)
