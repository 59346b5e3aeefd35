"""From acts and changes to proposals: which rules each act satisfies, and what it was about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from tabiji.core.facts import Change
from tabiji.people.public import fields
from tabiji.scoring import rules
from tabiji.scoring.acts import Act
from tabiji.scoring.ledger import Proposal
from tabiji.scoring.rules import ChangeTrigger, EventTrigger, FieldTrigger, Rule, ScoreDocument
from tabiji.workspaces.public import definitions

_NAMED_BY: Final = ("mail_id", "form_id", "page_id")


class Giving:
    """One version of a model, ready to be asked about many acts."""

    def __init__(self, version: int, document: ScoreDocument, zone: ZoneInfo) -> None:
        self._version = version
        self._zone = zone
        self._by_event: dict[str, list[Rule]] = {}
        self._by_field: dict[str, list[Rule]] = {}
        self._by_change: dict[str, list[Rule]] = {}
        for rule in document.rules:
            match rule.trigger:
                case EventTrigger(name=name):
                    self._by_event.setdefault(name, []).append(rule)
                case FieldTrigger(field=field):
                    self._by_field.setdefault(field, []).append(rule)
                case ChangeTrigger(change=kind):
                    self._by_change.setdefault(kind, []).append(rule)

    @property
    def event_names(self) -> list[str]:
        return sorted(self._by_event)

    def for_acts(self, acts: Iterable[Act]) -> list[Proposal]:
        """What the rules on events give for these acts."""
        hits = [
            (act, rule)
            for act in acts
            for rule in self._by_event.get(act.name, ())
            if isinstance(rule.trigger, EventTrigger)
            and all(rules.holds(one.op, act.value_of(one.prop), one.value) for one in rule.trigger.where)
        ]
        names = _definition_names(act for act, _ in hits)
        return [self._of_act(act, rule, _subject(act, names)) for act, rule in hits]

    def for_changes(self, changes: Sequence[Change]) -> list[Proposal]:
        """What the rules on fields and other changes give for these changes."""
        proposals = []
        labels = _choice_labels() if self._by_field else {}
        for change in changes:
            if change.kind == "field":
                for rule in self._by_field.get(change.ref, ()):
                    assert isinstance(rule.trigger, FieldTrigger)
                    if rules.holds(rule.trigger.op, change.new, rule.trigger.value):
                        said = labels.get((change.ref, change.new), change.new)
                        proposals.append(self._of_change(change, rule, said))
            for rule in self._by_change.get(change.kind, ()):
                trigger = rule.trigger
                assert isinstance(trigger, ChangeTrigger)
                if change.new == trigger.to and trigger.ref in ("", change.ref):
                    proposals.append(self._of_change(change, rule, ""))
        return proposals

    def _of_act(self, act: Act, rule: Rule, subject: str) -> Proposal:
        said = subject or rule.subject
        return Proposal(
            act.person_id,
            rule.key,
            self._slot(act, rule),
            act.cause,
            rule.points,
            act.act_at,
            act.at,
            self._version,
            rule.label.replace("{subject}", said),
            said,
            initiative_id=act.initiative_id,
            hops=act.hops + 1,
        )

    def _of_change(self, change: Change, rule: Rule, subject: str) -> Proposal:
        at = change.occurred_at
        said = subject or rule.subject
        cause = f"{change.kind}:{change.ref}:{change.new}:{change.occurred_ms}"
        slot = {"once": "", "daily": at.astimezone(self._zone).date().isoformat()}.get(rule.cap, cause)
        return Proposal(
            change.person_id,
            rule.key,
            slot,
            cause,
            rule.points,
            at,
            at,
            self._version,
            rule.label.replace("{subject}", said),
            said,
            initiative_id=change.initiative_id,
            hops=change.hops + 1,
        )

    def _slot(self, act: Act, rule: Rule) -> str:
        match rule.cap:
            case "once":
                return ""
            case "daily":
                return act.act_at.astimezone(self._zone).date().isoformat()
            case "per":
                value = act.value_of(rule.per)
                return "" if value is None else str(value)[:200]
            case "always":
                return act.cause


def _definition_names(acts: Iterable[Act]) -> dict[int, str]:
    """The names of mails, forms and pages that trusted acts were about."""
    wanted = {
        value
        for act in acts
        if act.is_trusted
        for name in _NAMED_BY
        if isinstance(value := act.props.get(name), int)
        and not isinstance(value, bool)
        and 0 < value < 1 << 63
    }
    return {key: found.name for key, found in definitions.get_many(wanted).items()} if wanted else {}


def _subject(act: Act, names: Mapping[int, str]) -> str:
    if act.is_trusted:
        for name in _NAMED_BY:
            value: Any = act.props.get(name)
            if type(value) is int and value in names:
                return names[value]
    return (act.title or act.path)[:120]


def _choice_labels() -> dict[tuple[str, str], str]:
    return {
        (info.key, choice["value"]): choice.get("label", choice["value"])
        for info in fields.list_fields()
        for choice in info.choices
    }
