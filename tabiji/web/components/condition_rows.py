"""A condition as sentences with gaps: one row a line, in groups of all, any or none of them.

A stored tree becomes lines, lines become rows of the screen, a posted form becomes lines again, and
lines become a tree. Acts (a line more, a group, a filter less) change lines, so that what is not
finished yet stays as it was typed. A part of the tree that no row can say stays as it is: shown as its
sentence, kept or taken out, never changed.

A form names its gaps `{prefix}row-{place}-…`; the place of a line in a group is `1_0`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.utils.translation import gettext as _

from tabiji.audiences.public import conditions
from tabiji.web.components import condition_gaps, condition_kinds
from tabiji.web.components.condition_deeds import our_events as event_names
from tabiji.web.components.condition_gaps import Known, Option, Part, Piece, Where
from tabiji.web.components.condition_kinds import KINDS
from tabiji.web.shell import on_screen

__all__ = [
    "ACTS",
    "Line",
    "Piece",
    "Row",
    "Rows",
    "Where",
    "act",
    "beginning",
    "event_names",
    "lines_of",
    "read",
    "rows",
    "tree",
    "typed",
]
MAX_ROWS: Final = 100
"""As many as a group of the tree may have."""
MAX_GROUPS: Final = 5
"""So deep may groups stand in groups; the tree itself may go deeper."""
ACTS: Final = ("add_row", "remove_row", "add_part", "remove_part")
GROUP: Final = "group"
RAW: Final = "raw"


@dataclass(frozen=True, slots=True)
class Line:
    """kind: one of KINDS, `group` or `raw`. values: its gaps by name; raw: the part of the tree."""

    kind: str
    values: Mapping[str, str] = field(default_factory=dict)
    raw: str = ""
    joined: str = "all"
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the editor. raw: the part of the tree that no sentence with gaps can say."""

    index: int
    place: str
    kind: str
    parts: Sequence[Part] = ()
    raw: str = ""
    group: Rows | None = None
    error: str = ""
    effect: str = ""
    """The id of the place that says how many people it removes."""

    @property
    def sentence(self) -> str:
        """The line with its gaps filled in."""
        joint = "" if on_screen.is_japanese() else " "
        said = [
            joint.join(_read_out(one) for one in part.pieces if one.kind != "hidden") for part in self.parts
        ]
        return joint.join(one for one in said if one)


@dataclass(frozen=True, slots=True)
class Rows:
    """A group of lines; the outermost has the place ''. focus: the name of the gap to begin with."""

    prefix: str
    joined: str
    rows: list[Row] = field(default_factory=list)
    error: str = ""
    place: str = ""
    name: str = ""
    """Of the field that says how its lines are joined."""
    add: str = ""
    """What goes before a kind in the value of the button that adds a line here."""
    may_group: bool = True
    focus: str = ""

    @property
    def sentences(self) -> list[str]:
        """The lines as they read."""
        return [row.sentence for row in self.rows]

    @property
    def add_groups(self) -> list[list[Option]]:
        """Kinds of lines that can be added: what stands together is about the same."""
        return [[(kind.key, str(kind.label)) for kind in group] for group in condition_kinds.GROUPS]


def read(post: Mapping[str, str], where: Where, *, prefix: str = "") -> dict[str, Any]:
    """The condition that these fields say. Raises BadCondition."""
    return tree(typed(post, prefix=prefix), where)


def beginning(where: Where) -> dict[str, Any]:
    """What a new condition says."""
    known = Known(where)
    kind = "clicked" if where.in_journey else "stage" if known.stages else "attribute"
    return {"version": 1, "kind": "all", "of": [KINDS[kind].leaf({}, known)]}


# -- lines: from the tree, from a form, and back ------------------------------------------------


def lines_of(data: Mapping[str, Any], where: Where) -> Line:
    """A stored tree as a group of lines; one that cannot be read has none."""
    known = Known(where)
    try:
        root = conditions.read(dict(data)).root
    except conditions.BadCondition:
        return Line(GROUP)
    if isinstance(root, conditions.Group) and root.kind in ("all", "any"):
        return _line(root, known)
    return Line(GROUP, lines=(_line(root, known),))


def typed(post: Mapping[str, str], *, prefix: str = "", place: str = "") -> Line:
    """The lines that a form holds, finished or not."""
    found = []
    for index in range(MAX_ROWS):
        inside = f"{place}_{index}" if place else str(index)
        name = f"{prefix}row-{inside}-"
        kind = post.get(name + "kind", "")
        if kind == GROUP and inside.count("_") < conditions.MAX_DEPTH:
            found.append(typed(post, prefix=prefix, place=inside))
        elif kind == RAW:
            found.append(Line(RAW, raw=post.get(name + "raw", "")))
        elif kind in KINDS:
            values = {key.removeprefix(name): value for key, value in post.items() if key.startswith(name)}
            found.append(Line(kind, values))
        else:
            break
    joined = post.get(f"{prefix}row-{place}-joined" if place else f"{prefix}joined", "all")
    return Line(GROUP, joined=joined if joined in ("all", "any", "none") else "all", lines=tuple(found))


def tree(lines: Line, where: Where) -> dict[str, Any]:
    """The condition that the lines say. Raises BadCondition, with the path of the line."""
    return conditions.parse({"version": 1, **_node(lines, Known(where), "")}).data()


def _node(line: Line, known: Known, path: str) -> dict[str, Any]:
    if line.kind == GROUP:
        if not line.lines:
            raise conditions.BadCondition(path, _("Add at least one line."))
        of = [_node(one, known, conditions.child_path(path, place)) for place, one in enumerate(line.lines)]
        return {"kind": line.joined, "of": of}
    try:
        return _read_raw(line.raw) if line.kind == RAW else KINDS[line.kind].leaf(line.values, known)
    except conditions.BadCondition as error:
        raise conditions.BadCondition(f"{path}.{error.path}", error.why) from None


def _line(node: Any, known: Known) -> Line:
    if isinstance(node, conditions.Group):
        return Line(GROUP, joined=node.kind, lines=tuple(_line(one, known) for one in node.of))
    for kind in KINDS.values():
        values = condition_kinds.values_of(kind, node, known)
        if values is not None:
            return Line(kind.key, values)
    return Line(RAW, raw=json.dumps(_dump(node), ensure_ascii=False))


# -- acts ---------------------------------------------------------------------------------------


def act(lines: Line, does: str, what: str, where: Where) -> tuple[Line, str]:
    """The lines after what a button does, and the place of the line it made ('' for none).

    add_row: a kind (or `group`), after the place of its group and a slash; remove_row: a place;
    add_part, remove_part: a part of the line, after its place and a slash. Anything else changes nothing.
    """
    head, _slash, tail = what.rpartition("/")
    match does:
        case "add_row" if tail in KINDS or tail == GROUP:
            group = _at(lines, head)
            if group is None or group.kind != GROUP or len(group.lines) >= MAX_ROWS:
                return lines, ""
            added = _new(tail, where)
            place = f"{head}_{len(group.lines)}" if head else str(len(group.lines))
            made = _put(lines, head, replace(group, lines=(*group.lines, added)))
            return made, f"{place}_0" if tail == GROUP else place
        case "remove_row" if what and _at(lines, what) is not None:
            return _without(lines, what), ""
        case "add_part" | "remove_part":
            line = _at(lines, head) if head else None
            if line is not None and line.kind in KINDS:
                change = condition_kinds.with_part if does == "add_part" else condition_kinds.without_part
                changed = change(KINDS[line.kind], line.values, tail, Known(where))
                return _put(lines, head, replace(line, values=changed)), ""
    return lines, ""


def _new(kind: str, where: Where) -> Line:
    if kind == GROUP:
        return Line(GROUP, joined="any", lines=(_new("attribute", where),))
    known = Known(where)
    try:
        leaf = conditions.read(KINDS[kind].leaf({}, known)).root
    except conditions.BadCondition:
        return Line(kind)
    return Line(kind, condition_kinds.values_of(KINDS[kind], leaf, known) or {})


def _steps(place: str) -> list[int]:
    return [int(step) for step in place.split("_") if step.isdecimal() and len(step) < 4]


def _at(lines: Line, place: str) -> Line | None:
    found = lines
    if place and len(_steps(place)) != place.count("_") + 1:
        return None
    for step in _steps(place):
        if step >= len(found.lines):
            return None
        found = found.lines[step]
    return found


def _put(lines: Line, place: str, changed: Line) -> Line:
    steps = _steps(place)
    if not steps:
        return changed
    inside = _put(lines.lines[steps[0]], "_".join(map(str, steps[1:])), changed)
    return replace(lines, lines=(*lines.lines[: steps[0]], inside, *lines.lines[steps[0] + 1 :]))


def _without(lines: Line, place: str) -> Line:
    """The lines without one; a group that would be empty goes with it, and the last of all stays."""
    above, _mark, last = place.rpartition("_")
    group = _at(lines, above)
    assert group is not None
    if len(group.lines) == 1:
        return _without(lines, above) if above else lines
    kept = tuple(one for number, one in enumerate(group.lines) if number != int(last))
    return _put(lines, above, replace(group, lines=kept))


# -- rows: what the screen draws ----------------------------------------------------------------


def rows(
    lines: Line,
    where: Where,
    *,
    prefix: str = "",
    error: str | conditions.BadCondition = "",
    focus: str = "",
) -> Rows:
    """The editor's rows. error: shown at its line where it has a path; focus: the place to begin with."""
    wrong, why = _place_of(error), error if isinstance(error, str) else error.why
    return _Drawing(Known(where), prefix, wrong, why, focus).group(lines, "")


@dataclass(frozen=True, slots=True)
class _Drawing:
    known: Known
    prefix: str
    wrong: str
    why: str
    focus: str

    def group(self, line: Line, place: str) -> Rows:
        found = []
        for index, one in enumerate(line.lines):
            inside = f"{place}_{index}" if place else str(index)
            found.append(self._row(one, index, inside))
        return Rows(
            self.prefix,
            line.joined,
            found,
            self.why if self.wrong == place else "",
            place,
            f"{self.prefix}row-{place}-joined" if place else f"{self.prefix}joined",
            f"{place}/" if place else "",
            place.count("_") + bool(place) < MAX_GROUPS,
            self._focus_of(line, place),
        )

    def _row(self, line: Line, index: int, place: str) -> Row:
        name = f"{self.prefix}row-{place}-"
        effect = f"{self.prefix}effect-{place}"
        error = self.why if self.wrong == place and line.kind != GROUP else ""
        if line.kind == GROUP:
            return Row(index, place, GROUP, group=self.group(line, place), effect=effect)
        if line.kind == RAW:
            said = Part([Piece(text=_said(line.raw))])
            return Row(index, place, RAW, [said], line.raw, error=error, effect=effect)
        parts = [
            replace(
                part, pieces=[replace(one, name=name + one.name) if one.kind else one for one in part.pieces]
            )
            for part in KINDS[line.kind].parts(line.values, self.known)
        ]
        return Row(index, place, line.kind, parts, error=error, effect=effect)

    def _focus_of(self, line: Line, place: str) -> str:
        """The first gap of the line that was just made, if it stands in this group."""
        above, _mark, last = self.focus.rpartition("_")
        if not self.focus or above != place or int(last) >= len(line.lines):
            return ""
        made = line.lines[int(last)]
        if made.kind not in KINDS:
            return ""
        gaps = (one.name for part in KINDS[made.kind].parts(made.values, self.known) for one in part.pieces)
        return f"{self.prefix}row-{self.focus}-{next(filter(None, gaps), '')}"


def _read_out(piece: Piece) -> str:
    if piece.kind == "checks":
        return condition_gaps.COMMA.join(label for value, label in piece.options if value in piece.chosen)
    return piece.text or dict(piece.options).get(piece.value, piece.value)


def place_of(path: str) -> str:
    """Where a path of the tree (`of.1.of.0.value`) stands in the editor (`1_0`)."""
    return "_".join(re.findall(r"of\.(\d+)", path))


def _place_of(error: str | conditions.BadCondition) -> str:
    return place_of(error.path) if isinstance(error, conditions.BadCondition) else ""


def _dump(leaf: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = leaf.model_dump(mode="json", by_alias=True)
    return dumped


def _read_raw(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise conditions.BadCondition("", _("This line cannot be read: take it out.")) from None
    if not isinstance(data, dict):
        raise conditions.BadCondition("", _("This line cannot be read: take it out."))
    conditions.read(data)
    return data


def _said(raw: str) -> str:
    try:
        found = conditions.read(_read_raw(raw))
        return conditions.sentence(found, on_screen.language())
    except (conditions.BadCondition, LookupError):
        return _("This line cannot be read: take it out.")
