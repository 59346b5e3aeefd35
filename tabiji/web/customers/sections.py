"""What stands beside and below the line: about this person, the score, journeys and mails, fields, consent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from tabiji.core.paging import ListQuery, Page
from tabiji.journeys.public import enrolment, versions
from tabiji.messaging.contracts import Candidate, MessageInfo, Refusal
from tabiji.messaging.public import gate, messages
from tabiji.messaging.public import words as message_words
from tabiji.pages.public import NoSuchPublic
from tabiji.pages.public import forms as public_forms
from tabiji.people.contracts import ConsentState, FieldInfo, HoldInfo, PersonInfo
from tabiji.people.public import companies, consent, fields, holds, lists
from tabiji.sales.public import deals, policy
from tabiji.scoring.contracts import ScoreLine
from tabiji.scoring.public import scores
from tabiji.web.components import lists as screens
from tabiji.web.components.lists import Choice, Column, Empty, Filter, ListScreen
from tabiji.web.customers import reasons, words
from tabiji.web.customers.forms import UnsubscribeForm
from tabiji.web.customers.head import own_fields
from tabiji.web.shell import links, on_screen
from tabiji.web.shell.requests import WorkspaceRequest
from tabiji.workspaces.public import Permission, definitions, members

_ABOUT_FIELDS: Final = 5
_SCORE_LINES: Final = 8
_JOURNEYS: Final = 4
_DEALS: Final = 5
_SENT_FROM_HERE: Final = frozenset({"sent", "bounced", "uncertain", "failed"})


@dataclass(frozen=True, slots=True)
class ScorePart:
    """Points of one reason added up: 料金 2日 +20."""

    label: str
    points: int
    times: int


@dataclass(frozen=True, slots=True)
class Participation:
    """A journey of this person. href: empty where its page does not exist."""

    name: str
    href: str
    label: str
    css: str
    since: datetime


@dataclass(frozen=True, slots=True)
class MailStanding:
    """Whether marketing mails go to this person now, and why not."""

    goes: bool
    label: str
    why: str
    until: str


def side(request: WorkspaceRequest, person: PersonInfo) -> dict[str, Any]:
    """The cards beside the line."""
    return {
        "about": _about(person),
        "company": companies.get(person.company_id) if person.company_id else None,
        "lists": [
            (name, links.address(request, "lists-detail", key))
            for key, name in lists.of_person(person.id).items()
        ],
        "deals": _deals(person),
        "score_parts": score_parts(scores.explain(person.id)),
        "journeys": _journeys(request, person),
        "mails": mail_standing(person, request.now),
    }


@dataclass(frozen=True, slots=True)
class PersonDeal:
    """A deal in a line: its phase while it is open, else how it ended."""

    id: int
    name: str
    amount: int
    label: str
    css: str


def _deals(person: PersonInfo) -> list[PersonDeal]:
    """Open ones first, then the newest."""
    ended = {"won": (pgettext("deal", "Won"), "tag-ok"), "lost": (pgettext("deal", "Lost"), "tag-plain")}
    rules = policy.current()
    return [
        PersonDeal(one.id, one.name, one.amount, *ended.get(one.outcome, (rules.phase_label(one.phase), "")))
        for one in deals.list_of_person(person.id)[:_DEALS]
    ]


def score_parts(found: list[ScoreLine]) -> list[ScorePart]:
    """Reasons of a score added up by their words, the largest first."""
    parts: dict[str, ScorePart] = {}
    for one in found:
        before = parts.get(one.label, ScorePart(one.label, 0, 0))
        parts[one.label] = replace(before, points=before.points + one.points, times=before.times + 1)
    return sorted(parts.values(), key=lambda part: -part.points)


def mail_standing(person: PersonInfo, now: datetime) -> MailStanding:
    """What the gate would say of a marketing mail to this person now."""
    judged = gate.judge([Candidate(person.id, "marketing")], now)
    refused = next(iter(judged.refusals.values()), None)
    if refused is None:
        return MailStanding(True, _("Marketing mails may be sent"), "", "")
    reason, detail = refused
    until = _hold_until(holds.standing([person.id], now).get(person.id)) if reason == Refusal.ON_HOLD else ""
    return MailStanding(
        False,
        _("Marketing mails are stopped"),
        reasons.refusal_sentence(reason, detail),
        until or message_words.reason(reason.value),
    )


def fields_of(request: WorkspaceRequest, person: PersonInfo) -> dict[str, Any]:
    """All fields with their values, ready to be edited one by one."""
    return {
        "field_rows": [field_row(request, person, info) for info in fields.list_fields()],
        "edit": request.GET.get("edit", ""),
    }


@dataclass(frozen=True, slots=True)
class FieldRow:
    info: FieldInfo
    value: Any
    shown: str
    may_edit: bool


def field_row(request: WorkspaceRequest, person: PersonInfo, info: FieldInfo) -> FieldRow:
    value = person.fields.get(info.key) if info.is_custom else getattr(person, info.key, "")
    if info.key == "owner_id":
        shown = members.names().get(person.owner_id or 0, "")
    else:
        shown = reasons.field_text(info, fields.as_text(value)) if value not in (None, "") else ""
    is_personal = request.actor.may(Permission.SEE_PERSONAL_DATA)
    if not is_personal and info.key in _PERSONAL:
        shown = on_screen.masked(shown)
    return FieldRow(info, value, shown, request.actor.may(Permission.EDIT_PEOPLE) and is_personal)


_PERSONAL: Final = ("last_name", "first_name", "last_kana", "first_kana", "email", "phone")


def messages_of(request: WorkspaceRequest, person: PersonInfo) -> dict[str, Any]:
    """Every message asked for: sent, waiting, or not sent because."""
    names: dict[int, str] = {}

    def load(query: ListQuery) -> Page[MessageInfo]:
        found = messages.list_messages(replace(query, filters={**query.filters, "person": str(person.id)}))
        wanted = {one.mail_id for one in found.rows} | {one.source_id for one in found.rows}
        names.update({key: one.name for key, one in definitions.get_many(wanted).items()})
        return found

    def mail(one: MessageInfo) -> str | SafeString:
        href = links.address(request, "mails-detail", one.mail_id)
        name = names.get(one.mail_id, "")
        return screens.link(href, name) if href else name

    def came_from(one: MessageInfo) -> str:
        kind = {
            "journey": _("Journey"),
            "broadcast": _("Broadcast"),
            "auto_reply": _("Automatic reply"),
        }.get(one.source, _("By hand"))
        name = names.get(one.source_id, "")
        return pgettext("line", "%(what)s: %(why)s") % {"what": kind, "why": name} if name else kind

    screen: ListScreen[MessageInfo] = ListScreen(
        "person_messages",
        [
            Column("mail", gettext_lazy("Mail"), mail, is_head=True),
            Column("from", pgettext_lazy("message", "From"), came_from),
            Column("state", gettext_lazy("Result"), _message_state),
            Column(
                "at",
                pgettext_lazy("column", "When"),
                lambda one: on_screen.moment(one.sent_at or one.asked_at, year=True),
            ),
        ],
        load,
        Empty(
            gettext_lazy("No message has been asked for yet"),
            gettext_lazy("Journeys, broadcasts and automatic replies to this person will stand here."),
            example=gettext_lazy("Example: “not sent because of the frequency cap”"),
        ),
        [
            Filter(
                "state", gettext_lazy("Result"), [Choice(key, message_words.STATES[key]) for key in _STATES]
            )
        ],
    )
    return {"list": screens.render(screen, request)}


_STATES: Final = ("sent", "refused", "bounced", "uncertain", "withdrawn", "queued")


def _message_state(one: MessageInfo) -> SafeString:
    css = {"sent": "tag-ok", "refused": "tag-plain", "withdrawn": "tag-plain", "bounced": "tag-hot"}.get(
        one.state, "tag-wait"
    )
    tag = format_html('<span class="tag {}">{}</span>', css, message_words.state(one.state))
    reason, _colon, detail = one.reason.partition(":")
    if one.state == "refused":
        said = reasons.refusal_sentence(reason, detail)
    elif one.state == "withdrawn":
        said = message_words.reason(one.reason)
    elif one.state in ("bounced", "failed") and one.result:
        said = _("The receiving server said “%(said)s”.") % {"said": one.result[:200]}
    else:
        return tag
    return format_html('{} <span class="table-sub">{}</span>', tag, said) if said else tag


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One grant or withdrawal with its proof, in words."""

    at: datetime
    channel: str
    act: str
    is_grant: bool
    basis: str
    source: str
    evidence: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ConsentStanding:
    channel: str
    topic: str
    label: str
    is_granted: bool
    basis: str
    at: datetime


def consent_of(request: WorkspaceRequest, person: PersonInfo) -> dict[str, Any]:
    """Where the person stands, and the ledger with its evidence."""
    states = consent.of_person(person.id)
    may_stop = any(one.channel == "mail" and one.state == "granted" for one in states)
    return {
        "standing": [_standing(one) for one in states],
        "ledger": [_ledger_line(row) for row in consent.history(person.id)],
        "mails": mail_standing(person, request.now),
        "stop_form": UnsubscribeForm() if may_stop and request.actor.may(Permission.EDIT_PEOPLE) else None,
    }


def _standing(one: ConsentState) -> ConsentStanding:
    return ConsentStanding(
        words.of(words.CHANNELS, one.channel),
        "" if one.topic == "marketing" else one.topic,
        words.of(words.CONSENT_STATES, one.state),
        one.state == "granted",
        words.of(words.BASES, one.basis),
        one.at,
    )


def _ledger_line(row: Mapping[str, Any]) -> LedgerLine:
    act = "granted" if row["act"] == "grant" else "withdrawn"
    return LedgerLine(
        row["at"],
        words.of(words.CHANNELS, row["channel"]),
        words.of(words.CONSENT_STATES, act),
        act == "granted",
        words.of(words.BASES, row["basis"]),
        words.of(words.CONSENT_SOURCES, row["source"].partition(":")[0]),
        _evidence(row["evidence"]),
    )


def _evidence(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The proof in words; what nobody named stays in the ledger and is not shown."""
    found = []
    if evidence.get("text"):
        found.append((_("Words agreed to"), pgettext("line", "“%(text)s”") % {"text": evidence["text"]}))
    if isinstance(evidence.get("form_version"), int):
        found.append((_("Form"), _form(evidence["form_version"])))
    if isinstance(evidence.get("mail_id"), int):
        mail = definitions.get_many([evidence["mail_id"]]).get(evidence["mail_id"])
        found.append((_("Mail"), mail.name if mail else ""))
    for name, label in (
        ("file", _("File")),
        ("note", _("How it was said")),
        ("by", _("Entered by")),
        ("url", _("Page")),
        ("address", _("From the address")),
    ):
        if evidence.get(name):
            found.append((label, str(evidence[name])[:300]))
    return [(label, text) for label, text in found if text]


def _form(version_id: int) -> str:
    try:
        version = public_forms.get_version(version_id)
    except NoSuchPublic:
        return ""
    return _("%(name)s, version %(n)s") % {"name": version.name, "n": version.number}


def _about(person: PersonInfo) -> list[tuple[str, str]]:
    """What the workspace's own fields say, then where the person came from."""
    found = [
        (info.label, reasons.field_text(info, fields.as_text(person.fields[info.key])))
        for info in own_fields()
        if person.fields.get(info.key) not in (None, "")
    ][:_ABOUT_FIELDS]
    if person.source:
        found.append((_("Source"), person.source))
    found.append((_("Known since"), on_screen.day(person.created_at, year=True)))
    if person.last_act_at:
        found.append((_("Last act"), on_screen.moment(person.last_act_at)))
    return found


def _journeys(request: WorkspaceRequest, person: PersonInfo) -> list[Participation]:
    found = enrolment.of_person(person.id)[:_JOURNEYS]
    names = definitions.get_many({one.journey_id for one in found})
    return [
        Participation(
            names[one.journey_id].name if one.journey_id in names else "",
            links.address(request, "journeys-detail", one.journey_id),
            _progress(one),
            "" if one.is_active else "tag-ok" if one.outcome == "goal" else "tag-plain",
            one.entered_at,
        )
        for one in found
    ]


def _progress(one: Any) -> str:
    if not one.is_active:
        return words.of(words.JOURNEY_ENDS, one.outcome) or _("Finished")
    version = versions.loaded(one.version_id)
    try:
        node_type, config = version.node(one.node)
    except LookupError:
        return _("In progress")
    language = on_screen.language()
    return str(node_type.sentence(config, language))


def _hold_until(hold: HoldInfo | None) -> str:
    if hold is None:
        return ""
    if hold.until:
        return _("until %(moment)s") % {"moment": on_screen.moment(hold.until)}
    if hold.source.startswith("hand_over:"):
        return _("until the deal is closed")
    return hold.reason
