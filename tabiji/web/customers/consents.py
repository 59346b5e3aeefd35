"""同意・配信停止: where people stand, the newest grants and withdrawals, addresses not written to."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tabiji.core.paging import ListQuery, Page
from tabiji.people.contracts import ConsentState, PersonInfo, SuppressedAddress
from tabiji.people.public import consent, persons
from tabiji.web.components import lists as screens
from tabiji.web.components.lists import Choice, Column, Empty, Filter, ListScreen
from tabiji.web.customers import behind, people, words
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission


@dataclass(frozen=True, slots=True)
class Tile:
    label: str
    count: int
    href: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A consent with the person it is of."""

    state: ConsentState
    person: PersonInfo


@page(Permission.SEE_PEOPLE)
def index(request: WorkspaceRequest) -> HttpResponse:
    """Tiles with the people behind them, then the newest acts."""
    return _page(request, screens.render(_standing_screen(request), request), "people")


@page(Permission.SEE_PEOPLE)
def addresses(request: WorkspaceRequest) -> HttpResponse:
    """送信除外: addresses that are not written to, whatever the consent."""
    return _page(request, screens.render(_address_screen(request), request), "addresses")


def _page(request: WorkspaceRequest, shown: SafeString, tab: str) -> HttpResponse:
    suppressed = consent.list_suppressed(ListQuery(limit=1)).total
    context = {"tiles": _tiles(request), "list": shown, "tab": tab, "suppressed": suppressed}
    return render(request, "customers/consents.html", context)


def _tiles(request: WorkspaceRequest) -> list[Tile]:
    counted = consent.count_standing()
    bases = sorted({basis for channel, state, basis in counted if (channel, state) == ("mail", "granted")})
    tiles = [
        Tile(
            _("Mail: %(basis)s") % {"basis": words.of(words.BASES, basis)},
            counted["mail", "granted", basis],
            behind.address(request, "consent", "mail", "granted", basis),
        )
        for basis in bases
    ]
    withdrawn = len(consent.people_standing("mail", "withdrawn"))
    without = len(consent.people_without_basis())
    return [
        *tiles,
        Tile(_("Mail: unsubscribed"), withdrawn, behind.address(request, "consent", "mail", "withdrawn", "")),
        Tile(
            _("Without a basis"),
            without,
            behind.address(request, "no-basis"),
            _("No marketing mail goes to them"),
        ),
    ]


def _standing_screen(request: WorkspaceRequest) -> ListScreen[Standing]:
    cells = people.cells_of(request)

    def load(query: ListQuery) -> Page[Standing]:
        found = consent.list_standing(query)
        known = persons.get_many({one.person_id for one in found.rows})
        return found.map(lambda one: Standing(one, known[one.person_id]))

    def state(one: Standing) -> SafeString:
        kind = "tag-ok" if one.state.state == "granted" else "tag-plain"
        said = words.of(words.CONSENT_STATES, one.state.state)
        return format_html('<span class="tag {}">{}</span>', kind, said)

    return ListScreen(
        "consent",
        [
            Column("name", gettext_lazy("Name"), lambda one: cells.name(one.person), is_head=True),
            Column("company", gettext_lazy("Company"), lambda one: cells.company(one.person)),
            Column(
                "channel", gettext_lazy("Channel"), lambda one: words.of(words.CHANNELS, one.state.channel)
            ),
            Column("state", gettext_lazy("Consent"), state),
            Column("basis", gettext_lazy("Basis"), lambda one: words.of(words.BASES, one.state.basis)),
            Column(
                "at", pgettext_lazy("column", "When"), lambda one: on_screen.moment(one.state.at, year=True)
            ),
        ],
        load,
        Empty(
            gettext_lazy("No consent is known yet"),
            gettext_lazy("Consents come with forms and imports; each keeps its evidence."),
            example=gettext_lazy("Example: the box “I agree to receive mails” of a form"),
        ),
        [
            Filter("state", gettext_lazy("Consent"), _choices(words.CONSENT_STATES)),
            Filter("basis", gettext_lazy("Basis"), _choices(words.BASES)),
            Filter("channel", gettext_lazy("Channel"), _choices(words.CHANNELS)),
        ],
    )


def _address_screen(request: WorkspaceRequest) -> ListScreen[SuppressedAddress]:
    is_personal = request.actor.may(Permission.SEE_PERSONAL_DATA)

    def address(one: SuppressedAddress) -> str:
        return one.address if is_personal else on_screen.masked(one.address)

    return ListScreen(
        "suppressed",
        [
            Column("address", gettext_lazy("Address"), address, is_head=True),
            Column("reason", gettext_lazy("Reason"), lambda one: words.of(words.SUPPRESSIONS, one.reason)),
            Column("at", gettext_lazy("Since"), lambda one: on_screen.moment(one.at, year=True)),
        ],
        consent.list_suppressed,
        Empty(
            gettext_lazy("No address is suppressed"),
            gettext_lazy("Addresses that bounce for good or complain are not written to again."),
            example=gettext_lazy("Example: “user unknown” from the receiving server"),
        ),
        [Filter("reason", gettext_lazy("Reason"), _choices(words.SUPPRESSIONS))],
    )


def _choices(named: words.Words) -> list[Choice]:
    return [Choice(key, label) for key, label in named.items()]
