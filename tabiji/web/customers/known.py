"""What sentences about a line need to know, looked up once for a page of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.translation import get_language

from tabiji.audiences.public import conditions
from tabiji.events.public import line
from tabiji.journeys.public import versions
from tabiji.messaging.contracts import MessageInfo
from tabiji.messaging.public import messages, tracking
from tabiji.people.contracts import FieldInfo, PersonInfo
from tabiji.people.public import fields, lists
from tabiji.purpose.public import conversions
from tabiji.scoring.contracts import StageModelInfo
from tabiji.scoring.public import stage_models
from tabiji.workspaces.public import definitions, members

_DEFINED_BY = ("mail_id", "form_id", "page_id", "initiative_id")


@dataclass(frozen=True, slots=True)
class BranchTaken:
    """A decision of a journey on the way to a mail."""

    question: str
    label: str
    """The arm's own words; empty where the arm has none."""
    about_clicks: bool
    is_else: bool


@dataclass
class Known:
    """Names behind the ids of these entries. is_personal: whether answers and notes may be read."""

    person: PersonInfo
    entries: list[line.Entry] = field(default_factory=list)
    is_personal: bool = True
    link: Callable[[str, int], str] = lambda name, number: ""
    """The address of another page by its URL name; empty where there is none."""

    def __post_init__(self) -> None:
        self.entries = [one for entry in self.entries for one in (entry, *entry.also)]

    @property
    def language(self) -> str:
        return "ja" if (get_language() or "ja").startswith("ja") else "en"

    @cached_property
    def users(self) -> dict[int, str]:
        return members.names()

    @cached_property
    def fields(self) -> dict[str, FieldInfo]:
        return {info.key: info for info in fields.list_fields()}

    @cached_property
    def lists(self) -> dict[int, str]:
        return {one.id: one.name for one in lists.list_all()}

    @cached_property
    def stage_model(self) -> StageModelInfo | None:
        return stage_models.find()

    @cached_property
    def conversions(self) -> dict[str, str]:
        return {one.key: one.name for one in conversions.list_all()}

    @cached_property
    def messages(self) -> dict[int, MessageInfo]:
        wanted = {_number(entry.ref) for entry in self.entries if entry.kind in ("message", line.CLICK)}
        return messages.get_many(sorted(wanted - {0}))

    @cached_property
    def names(self) -> dict[int, str]:
        """Names of everything defined that these entries point to."""
        wanted: set[int] = {one.mail_id for one in self.messages.values()}
        wanted |= {one.source_id for one in self.messages.values()}
        for entry in self.entries:
            wanted |= {entry.act.number_of(name) for name in _DEFINED_BY}
            wanted.add(entry.act.initiative_id)
            wanted.add(_number(entry.act.cause.partition(":")[2].partition(":")[0]))
            if entry.kind in ("journey", "audience", "experiment", "step"):
                wanted.add(_number(entry.ref.partition("/")[0]))
        return {key: found.name for key, found in definitions.get_many(wanted - {0}).items()}

    def colleague(self, actor: str) -> str:
        return self.users.get(_number(actor.removeprefix("user:")), "")

    def stage(self, key: str) -> str:
        found = self.stage_model.stages if self.stage_model else ()
        return next((stage.label for stage in found if stage.key == key), key)

    def link_label(self, message_id: int, number: int) -> str:
        message = self.messages.get(message_id)
        return tracking.link_label(message.mail_version_id, number) if message else ""

    def branch_before(self, entry: line.Entry) -> BranchTaken | None:
        """The last branch that a journey took on the way to this message."""
        journey_id = _number(entry.act.cause.partition(":")[2])
        version = self._version(journey_id, int(entry.detail.get("version", 0)))
        if version is None:
            return None
        for node_id, port in entry.detail.get("steps", ()):
            try:
                node_type, config = version.node(node_id)
            except LookupError:
                continue
            if node_type.name == "branch":
                arm = next((arm for arm in config.arms if arm.port == port), None)
                return BranchTaken(
                    _without_question_mark(node_type.sentence(config, self.language)),
                    arm.label if arm else config.else_label,
                    arm is not None and _asks_about_clicks(arm.condition),
                    arm is None,
                )
        return None

    def step(self, journey_id: int, number: int, node_id: str) -> str:
        """A journey's step as a sentence; empty for one that is gone."""
        version = self._version(journey_id, number)
        try:
            node_type, config = version.node(node_id) if version else (None, None)
        except LookupError:
            return ""
        return node_type.sentence(config, self.language) if node_type else ""

    def port(self, journey_id: int, number: int, node_id: str, port: str) -> str:
        """What a branch's or split's arm is called; empty for steps with one way out."""
        version = self._version(journey_id, number)
        try:
            node_type, config = version.node(node_id) if version else (None, None)
        except LookupError:
            return ""
        return node_type.port_label(config, port, self.language) if node_type else ""

    def last_click_before(self, moment: datetime, initiative_id: int) -> line.Entry | None:
        """The newest human click on content before a moment, of the same initiative where there is one."""
        clicks = [
            entry
            for entry in self.entries
            if entry.kind == line.CLICK
            and entry.detail["verdict"] == "human"
            and entry.detail["link_kind"] in ("content", "")
            and entry.at <= moment
            and (not initiative_id or entry.act.number_of("initiative_id") in (0, initiative_id))
        ]
        return max(clicks, key=lambda entry: entry.at, default=None)

    def event(self, message_id: str) -> line.Entry | None:
        """The entry of the event with this message id, if it is on this page."""
        return next((one for one in self.entries if not one.act.is_change and one.ref == message_id), None)

    def _version(self, journey_id: int, number: int) -> versions.Loaded | None:
        if not journey_id or not number:
            return None
        key = (journey_id, number)
        if key not in self._loaded:
            found = [one for one in versions.list_versions(journey_id) if one.number == number]
            self._loaded[key] = versions.loaded(found[0].id) if found else None
        return self._loaded[key]

    @cached_property
    def _loaded(self) -> dict[tuple[int, int], versions.Loaded | None]:
        return {}


def _asks_about_clicks(condition: dict[str, Any]) -> bool:
    try:
        leaves: Iterable[Any] = [leaf for _, leaf in conditions.leaves(conditions.read(condition))]
    except conditions.BadCondition:
        return False
    return any(getattr(leaf, "name", "") == "click_judged" for leaf in leaves)


def _without_question_mark(sentence: str) -> str:
    return sentence.removesuffix("?").removesuffix("？")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0
