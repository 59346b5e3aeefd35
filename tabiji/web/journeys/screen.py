"""A journey's page: what is known of it for this request, drawn as a draft or as a version that runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tabiji.audiences.public import audience, conditions
from tabiji.core import clickhouse
from tabiji.journeys.contracts import EnrolmentInfo, JourneyInfo, Problem, VersionInfo
from tabiji.journeys.public import checks, counts, drafts, enrolment, load, nodes, versions
from tabiji.journeys.public import graph as graphs
from tabiji.people.contracts import PersonInfo
from tabiji.people.public import persons
from tabiji.purpose.contracts import InitiativeInfo, KpiLine
from tabiji.purpose.public import initiatives, kpi
from tabiji.web.components.condition_rows import Where
from tabiji.web.journeys import drawing, outline, words
from tabiji.web.journeys import period as spans
from tabiji.web.shell import links, on_screen
from tabiji.web.shell.requests import WorkspaceRequest
from tabiji.workspaces.contracts import DefinitionInfo
from tabiji.workspaces.public import Permission, definitions, members


@dataclass(frozen=True, slots=True)
class Parked:
    """One enrolment that a step could not take, as it reads."""

    id: int
    name: str
    step: str
    why: str


@dataclass
class JourneyScreen:
    """What the templates of a journey read; each part is found when it is first asked for."""

    request: WorkspaceRequest
    journey: JourneyInfo
    is_draft: bool
    version_number: int | None = None
    extra_problems: list[Problem] = field(default_factory=list)
    is_taken: bool = False
    """Another colleague has saved meanwhile: this one reads from now on."""

    @cached_property
    def graph(self) -> graphs.Graph:
        if self.is_draft or self.shown_version is None:
            return graphs.parse(self.journey.draft)
        return graphs.parse(self.shown_version.graph)

    @cached_property
    def versions(self) -> list[VersionInfo]:
        return versions.list_versions(self.journey.id)

    @cached_property
    def shown_version(self) -> VersionInfo | None:
        """The version on the screen: the one asked for, else the newest."""
        asked = [one for one in self.versions if one.number == self.version_number]
        return next(iter([*asked, *self.versions]), None)

    @property
    def next_number(self) -> int:
        return self.versions[0].number + 1 if self.versions else 1

    @cached_property
    def period(self) -> spans.Choice:
        return spans.chosen(self.request)

    @cached_property
    def periods(self) -> list[spans.Choice]:
        return spans.choices(self.request.now)

    @cached_property
    def counted(self) -> drawing.Counted:
        """The numbers; without them while counting rests."""
        journey_id = self.journey.id
        try:
            found = counts.of_journey(journey_id, self.period.period)
        except clickhouse.ClickHouseError:
            return drawing.Counted(self.request, journey_id, self.period.key)
        mails = counts.mails(journey_id, self.period.period)
        return drawing.Counted(self.request, journey_id, self.period.key, found, mails)

    @cached_property
    def drawing(self) -> drawing.Drawing:
        passages = counts.path(self.journey.id, self.person.id) if self.person else []
        return drawing.draw(
            self.graph,
            self.counted,
            problems=self.problems,
            way_of_person=passages,
            person_is_at=counts.where_is(self.journey.id, self.person.id) if self.person else "",
        )

    @cached_property
    def problems(self) -> list[Problem]:
        return [*checks.problems(self.graph), *self.extra_problems] if self.is_draft else []

    @cached_property
    def outline(self) -> outline.Outline:
        return outline.outline(self.drawing)

    @cached_property
    def most_mails(self) -> int:
        return load.most_mails_a_week(self.graph)

    @cached_property
    def person(self) -> PersonInfo | None:
        """Whose way is lit (`person=` in the address)."""
        text = self.request.GET.get("person", "")
        try:
            return persons.get(UUID(text)) if text else None
        except (ValueError, persons.NoSuchPerson):
            return None

    @cached_property
    def parked(self) -> list[EnrolmentInfo]:
        return enrolment.list_parked(self.journey.id)

    @cached_property
    def parked_people(self) -> list[Parked]:
        """The parked enrolments with the person's name, the step and what went wrong."""
        named = persons.get_many({one.person_id for one in self.parked})
        return [
            Parked(
                one.id,
                named[one.person_id].name,
                self.drawing.cards[one.node].title if one.node in self.drawing.cards else "",
                one.error.partition(": ")[2] or one.error,
            )
            for one in self.parked
            if one.person_id in named
        ]

    @cached_property
    def version_lines(self) -> list[tuple[VersionInfo, str]]:
        names = members.names()
        return [(one, names.get(one.published_by or 0, "")) for one in self.versions]

    @cached_property
    def is_sending(self) -> bool:
        return self.journey.state in ("running", "draining")

    # -- addresses -----------------------------------------------------------------------------

    def query(self, **changes: str) -> str:
        """What of the page's address goes on with its parts: period, version, person."""
        kept = {name: self.request.GET.get(name, "") for name in ("period", "version", "person", "edit")}
        stated = {name: value for name, value in (kept | changes).items() if value}
        return "?" + urlencode(stated)

    @property
    def edit_href(self) -> str:
        return links.address(self.request, "journeys-edit", self.journey.id) + self.query()

    @property
    def step_query(self) -> str:
        return self.query(draft="1" if self.is_draft else "")

    # -- the header ----------------------------------------------------------------------------

    @cached_property
    def header(self) -> DefinitionInfo:
        return definitions.get(self.journey.id)

    @cached_property
    def responsible(self) -> str:
        return responsible_name(self.journey.responsible_id)

    @cached_property
    def initiative(self) -> InitiativeInfo | None:
        found = self.journey.initiative_id or initiatives.of_definitions([self.journey.id]).get(
            self.journey.id, 0
        )
        return initiatives.get_many([found]).get(found) if found else None

    @cached_property
    def kpi(self) -> KpiLine | None:
        """The line of the tree that it moves, with where it stands."""
        if self.journey.kpi_id is None:
            return None
        try:
            return kpi.get_line(self.journey.kpi_id)
        except (kpi.NoSuchKpi, clickhouse.ClickHouseError):
            return None

    @property
    def kpi_text(self) -> str:
        """商談予約 124/140."""
        if self.kpi is None:
            return ""
        label = self.kpi.kpi.label(on_screen.language())
        return f"{label} {on_screen.number(self.kpi.actual)}/{on_screen.number(self.kpi.kpi.target)}"

    @property
    def review_text(self) -> str:
        if self.journey.review_on is None:
            return ""
        if self.is_late:
            return said_late(self.journey.review_on, self.request.now)
        return on_screen.day(self.journey.review_on)

    @cached_property
    def used_in(self) -> list[tuple[str, int, str]]:
        """(URL name, id, name) of what refers to this journey."""
        found = [("initiatives-detail", self.initiative.id, self.initiative.name)] if self.initiative else []
        ref = str(self.journey.id)
        for one in audience.list_all():
            leaves = [leaf for _path, leaf in conditions.leaves(one.condition)]
            if any(_names_journey(leaf, ref) for leaf in leaves):
                found.append(("audiences-detail", one.id, one.name))
        return found

    @property
    def is_late(self) -> bool:
        return is_late(self.journey.review_on, self.request.now)

    @property
    def state_word(self) -> str:
        number = self.journey.version_number if self.journey.state in ("running", "draining") else None
        return words.state(self.journey.state, number)

    # -- editing -------------------------------------------------------------------------------

    @cached_property
    def editor(self) -> str:
        """The other colleague who edits the draft now; empty for nobody, or for the one who asks."""
        found = drafts.editor(self.journey.id)
        return members.names().get(found, "") if found and found != self.request.actor.user_id else ""

    @property
    def may_edit(self) -> bool:
        return self.request.actor.may(Permission.EDIT_JOURNEYS)

    @property
    def may_start(self) -> bool:
        return self.request.actor.may(Permission.START_SENDS)

    @cached_property
    def is_editable(self) -> bool:
        takes_over = self.request.method == "POST" or self.request.GET.get("edit") == "1"
        return self.is_draft and self.may_edit and not self.is_taken and (not self.editor or takes_over)

    @cached_property
    def steps(self) -> drafts.Steps:
        return drafts.steps(self.journey.id)

    @property
    def is_changed(self) -> bool:
        """The draft says something else than the version that runs."""
        newest = self.versions[0].graph if self.versions else None
        return newest is None or not _same(self.journey.draft, newest)

    @property
    def where(self) -> Where:
        return Where(self.initiative.id if self.initiative else 0, in_journey=True)

    @property
    def words(self) -> dict[str, str]:
        """What the canvas says by itself."""
        return {
            "add": _("Add a step here"),
            "choose": _("Which step?"),
            "close": _("Close"),
            "problems": _("Problems"),
            "here": _("Is here now"),
            "end": _("Ends here"),
            "fit": _("Show all"),
            "nearer": _("Nearer"),
            "farther": _("Farther"),
            "keys": _("Arrow keys walk, Enter opens, + adds, Delete removes"),
        }

    @cached_property
    def data(self) -> dict[str, Any]:
        """The drawing for the canvas, with what it may do."""
        return {
            **drawing.as_data(self.drawing),
            "isEditable": self.is_editable,
            "revision": self.journey.draft_revision,
            "canUndo": self.is_draft and self.steps.undo > 0,
            "canRedo": self.is_draft and self.steps.redo > 0,
        }


def of(request: WorkspaceRequest, journey_id: int, *, is_draft: bool) -> JourneyScreen:
    """Raises versions.NoSuchJourney."""
    asked = request.GET.get("version", "")
    return JourneyScreen(
        request, versions.get(journey_id), is_draft, int(asked) if asked.isdecimal() else None
    )


def responsible_name(user_id: int | None) -> str:
    """The colleague's name; empty for nobody, and for somebody who left."""
    here = {one.user_id: one.name for one in members.list_colleagues()}
    return here.get(user_id, "") if user_id else ""


def is_late(review_on: Any, now: datetime) -> bool:
    return review_on is not None and review_on < timezone.localtime(now).date()


def said_late(review_on: date, now: datetime) -> str:
    """2/15(日)・72日超過."""
    days = (timezone.localtime(now).date() - review_on).days
    return ngettext("%(day)s, %(days)d day late", "%(day)s, %(days)d days late", days) % {
        "day": on_screen.day(review_on),
        "days": days,
    }


def _names_journey(leaf: Any, ref: str) -> bool:
    if isinstance(leaf, conditions.Value):
        return leaf.of == "journey" and leaf.ref == ref
    if isinstance(leaf, conditions.Change):
        return leaf.change in ("journey", "step") and (leaf.ref or "").partition("/")[0] == ref
    return False


def _same(draft: dict[str, Any], published: dict[str, Any]) -> bool:
    """But for what publishing pins."""
    return _unpinned(draft) == _unpinned(published)


def _unpinned(graph: dict[str, Any]) -> dict[str, Any]:
    parsed = graphs.parse(graph)
    settings = {}
    for node in parsed.nodes:
        node_type = nodes.types.find(node.type)
        config = nodes.read_config(node_type, node.id, node.config)[0] if node_type else None
        stated = config.model_dump(mode="json") if config is not None else node.config
        settings[node.id] = {
            name: value for name, value in stated.items() if (node.type, name) not in _PINNED
        }
    return {**parsed.model_dump(mode="json"), "nodes": [(node.id, node.type) for node in parsed.nodes]} | {
        "settings": settings
    }


_PINNED: Final = {("send", "mail_version_id"), ("send", "kind")}
