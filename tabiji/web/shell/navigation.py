"""The eight entries and what stands under them. A room without content does not stand here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import Permission as P
from tabiji.workspaces.public import Role

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Item:
    """One place: its URL name, its label, who may open it."""

    name: str
    label: _StrPromise
    permission: P | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    key: str
    label: _StrPromise
    icon: str
    items: tuple[Item, ...]

    def open_to(self, actor: Actor) -> list[Item]:
        return [item for item in self.items if item.permission is None or actor.may(item.permission)]


ENTRIES: tuple[Entry, ...] = (
    Entry(
        "home",
        _("Home"),
        "home",
        (
            Item("home", _("Home")),
            Item("todos", pgettext_lazy("home", "To do")),
            Item("notices", _("Notices")),
        ),
    ),
    Entry(
        "customers",
        _("Customers"),
        "users",
        (
            Item("people", _("People"), P.SEE_PEOPLE),
            Item("companies", _("Companies"), P.SEE_PEOPLE),
            Item("audiences", _("Audiences"), P.SEE_AUDIENCES),
            Item("lists", _("Static lists"), P.SEE_PEOPLE),
            Item("imports", _("Import and export"), P.IMPORT_EXPORT),
            Item("duplicates", _("Merge candidates"), P.SEE_PEOPLE),
            Item("consent", _("Consent and unsubscribes"), P.SEE_PEOPLE),
        ),
    ),
    Entry(
        "initiatives",
        _("Initiatives"),
        "target-arrow",
        (
            Item("initiatives", _("Initiatives"), P.SEE_INITIATIVES),
            Item("kpi", _("KPI tree"), P.SEE_INITIATIVES),
            Item("experiments", _("A/B tests"), P.SEE_INITIATIVES),
        ),
    ),
    Entry(
        "journeys",
        _("Journeys & Sends"),
        "route",
        (
            Item("journeys", _("Journeys"), P.SEE_JOURNEYS),
            Item("broadcasts", _("Broadcasts"), P.SEE_JOURNEYS),
            Item("sending", _("Sending status"), P.SEE_JOURNEYS),
        ),
    ),
    Entry(
        "content",
        _("Content"),
        "file-text",
        (
            Item("mails", _("Mails"), P.SEE_CONTENT),
            Item("pages", _("Pages"), P.SEE_CONTENT),
            Item("forms", _("Forms"), P.SEE_CONTENT),
        ),
    ),
    Entry(
        "sales",
        _("Sales"),
        "briefcase",
        (
            Item("hand_overs", _("Hand-overs"), P.SEE_SALES),
            Item("tasks", _("To do"), P.WORK_SALES),
            Item("deals", _("Deals"), P.SEE_SALES),
            Item("appointments", _("Appointments"), P.SEE_SALES),
            Item("team", _("Team"), P.MANAGE_SALES),
        ),
    ),
    Entry(
        "insights",
        _("Insights"),
        "chart-bar",
        (
            Item("funnels", _("Funnels"), P.SEE_OWN_INSIGHTS),
            Item("results", _("Results of initiatives"), P.SEE_OWN_INSIGHTS),
            Item("attribution", _("Contribution to contracts"), P.SEE_INSIGHTS),
            Item("events", _("Event catalogue"), P.SEE_INSIGHTS),
            Item("rejects", _("Refused events"), P.SEE_INSIGHTS),
        ),
    ),
    Entry(
        "settings",
        _("Settings"),
        "settings",
        (
            Item("members", _("Members and roles"), P.ADMINISTER),
            Item("scoring", _("Stages and scores"), P.EDIT_MARKETING_SETTINGS),
            Item("fields", _("Fields"), P.EDIT_MARKETING_SETTINGS),
            Item("sending_domain", _("Sending domain"), P.ADMINISTER),
            Item("keys", _("Tracking tag and keys"), P.EDIT_MARKETING_SETTINGS),
            Item("calendar", _("Business days"), P.ADMINISTER),
            Item("exclusions", _("Exclusions"), P.EDIT_MARKETING_SETTINGS),
            Item("audit", _("Audit log"), P.ADMINISTER),
            Item("health", _("Health"), P.ADMINISTER),
        ),
    ),
)

_FIRST_FOR = {
    Role.SALES: ("home", "sales", "customers"),
    Role.SALES_MANAGER: ("home", "sales", "customers"),
    Role.ANALYST: ("home", "insights", "customers"),
}


def entries_for(actor: Actor) -> list[Entry]:
    """The entries with something open to this colleague, their own work first."""
    open_ones = [entry for entry in ENTRIES if entry.open_to(actor)]
    first = _FIRST_FOR.get(actor.role, ())
    return sorted(open_ones, key=lambda entry: first.index(entry.key) if entry.key in first else len(first))


def entry_of(url_name: str) -> Entry | None:
    """Under which entry a page stands: by the first word of its URL name (`people`, `people-detail`)."""
    word = url_name.split("-")[0]
    return next((entry for entry in ENTRIES if any(item.name == word for item in entry.items)), None)
