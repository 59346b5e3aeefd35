"""A condition as sentences with gaps: one row a line, all or any of them.

Rows are read from the stored tree and written back to it. A part of the tree that no row can say
stays as it is: shown as its sentence, kept or taken out, never changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from tabiji.audiences.public import attributes, audience, conditions
from tabiji.content.contracts import Purpose
from tabiji.content.public import mails
from tabiji.core.paging import ListQuery
from tabiji.people.public import lists
from tabiji.purpose.public import initiatives
from tabiji.scoring.public import stages
from tabiji.web.shell import on_screen

Option = tuple[str, str]
MAX_ROWS: Final = 20


@dataclass(frozen=True, slots=True)
class Where:
    """Where a condition is asked: on a journey of an initiative, or of everybody at once."""

    initiative_id: int = 0
    in_journey: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A text of the sentence, or a gap in it. is_turning: another choice needs another sentence."""

    text: str = ""
    name: str = ""
    kind: str = ""
    value: str = ""
    options: Sequence[Option] = ()
    label: str = ""
    is_turning: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the editor. raw: the part of the tree that no sentence with gaps can say."""

    index: int
    kind: str
    kinds: Sequence[Option]
    pieces: Sequence[Piece]
    raw: str = ""

    @property
    def sentence(self) -> str:
        """The line with its gaps filled in."""
        parts = [piece.text or dict(piece.options).get(piece.value, piece.value) for piece in self.pieces]
        return ("" if on_screen.is_japanese() else " ").join(parts)


@dataclass(frozen=True, slots=True)
class Rows:
    prefix: str
    joined: str
    rows: list[Row] = field(default_factory=list)
    error: str = ""

    @property
    def sentences(self) -> list[str]:
        """The lines as they read."""
        return [row.sentence for row in self.rows]

    @property
    def add_kinds(self) -> list[Option]:
        return [(key, str(kind.label)) for key, kind in KINDS.items()]


def show(data: Mapping[str, Any], where: Where, *, prefix: str = "", error: str = "") -> Rows:
    """The editor's rows of a stored condition."""
    joined, leaves = _parts(data)
    rows = []
    for index, leaf in enumerate(leaves):
        kind, values = _kind_of(leaf, where)
        name = f"{prefix}row-{index}-"
        if kind is None:
            raw = json.dumps(_dump(leaf), ensure_ascii=False)
            rows.append(Row(index, "raw", (), [Piece(text=_say(leaf))], raw))
            continue
        options = [(key, str(one.label)) for key, one in KINDS.items()]
        rows.append(Row(index, kind.key, options, _pieces(kind, values, where, name)))
    return Rows(prefix, joined, rows, error)


def read(post: Mapping[str, str], where: Where, *, prefix: str = "") -> dict[str, Any]:
    """The condition that these fields say. Raises BadCondition."""
    parts = []
    for index in range(MAX_ROWS):
        name = f"{prefix}row-{index}-"
        kind = post.get(name + "kind", "")
        if not kind:
            break
        if kind == "raw":
            parts.append(_read_raw(post.get(name + "raw", "")))
        elif kind in KINDS:
            values = {key.removeprefix(name): value for key, value in post.items() if key.startswith(name)}
            parts.append(_filled(KINDS[kind], values, where))
    if not parts:
        raise conditions.BadCondition("", _("Add at least one line."))
    joined = "any" if post.get(prefix + "joined") == "any" else "all"
    data = {"version": 1, "kind": joined, "of": parts}
    return conditions.parse(data).data()


def with_row(data: Mapping[str, Any], kind: str, where: Where) -> dict[str, Any]:
    """The condition with one more line of this kind, as it begins."""
    joined, leaves = _parts(data)
    added = KINDS.get(kind, KINDS["clicked"])
    parts = [_dump(leaf) for leaf in leaves][: MAX_ROWS - 1]
    return {"version": 1, "kind": joined, "of": [*parts, _filled(added, {}, where)]}


def without_row(data: Mapping[str, Any], index: int) -> dict[str, Any]:
    """The condition without a line; the last one stays."""
    joined, leaves = _parts(data)
    parts = [_dump(leaf) for place, leaf in enumerate(leaves) if place != index]
    return {"version": 1, "kind": joined, "of": parts or [_dump(leaf) for leaf in leaves]}


def beginning(where: Where) -> dict[str, Any]:
    """What a new condition says."""
    kind = "clicked" if where.in_journey else "stage" if _stages() else "attribute"
    return {"version": 1, "kind": "all", "of": [_filled(KINDS[kind], {}, where)]}


# -- the kinds of lines -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kind:
    """values: from a leaf, or None where it says something else; leaf: back, from what was filled in."""

    key: str
    label: Any
    values: Callable[[Any, Where], dict[str, str] | None]
    leaf: Callable[[Mapping[str, str], Where], dict[str, Any]]
    gaps: Callable[[Mapping[str, str], Where], dict[str, Piece]]
    pattern: Callable[[Mapping[str, str]], str]


def _clicked_values(leaf: Any, where: Where) -> dict[str, str] | None:
    if not isinstance(leaf, conditions.Event) or leaf.name != "click_judged" or leaf.machines:
        return None
    tests = {test.prop: test.value for test in leaf.where if test.op == "is"}
    if len(tests) != len(leaf.where) or tests.pop("props.verdict", None) != "human":
        return None
    if tests.pop("props.link_kind", None) != "content":
        return None
    which = "any"
    for prop, word in (("props.mail_id", "mail"), ("props.initiative_id", "initiative")):
        if prop in tests:
            which = f"{word}:{tests.pop(prop)}"
    did, window = _did(leaf), _window_word(leaf)
    if tests or did is None or window is None:
        return None
    return {"which": which, "window": window, "did": did}


def _clicked_leaf(values: Mapping[str, str], where: Where) -> dict[str, Any]:
    tests = [_is("props.verdict", "human"), _is("props.link_kind", "content")]
    default = f"initiative:{where.initiative_id}" if where.in_journey and where.initiative_id else "any"
    word, _colon, number = values.get("which", default).partition(":")
    if word in ("mail", "initiative") and number.isdecimal():
        tests.append(_is(f"props.{word}_id", int(number)))
    return _event("click_judged", tests, values, where)


def _clicked_gaps(values: Mapping[str, str], where: Where) -> dict[str, Piece]:
    which: list[Option] = []
    if where.initiative_id:
        which.append((f"initiative:{where.initiative_id}", _("any mail of this initiative")))
    which.append(("any", _("any mail")))
    which += [(f"mail:{one.id}", one.name) for one in _marketing_mails()]
    chosen = values.get("which", "any")
    if chosen not in dict(which) and chosen.startswith("initiative:"):
        found = initiatives.get_many([int(chosen.partition(":")[2])])
        which += [(chosen, _("any mail of “%(name)s”") % {"name": one.name}) for one in found.values()]
    return {
        "which": Piece(kind="select", value=chosen, options=which, label=_("Which mail")),
        "window": _window_gap(values, where),
        "did": _clicked_gap(values),
    }


def _event_values(leaf: Any, where: Where) -> dict[str, str] | None:
    if not isinstance(leaf, conditions.Event) or leaf.where or leaf.machines:
        return None
    did, window = _did(leaf), _window_word(leaf)
    if did is None or window is None:
        return None
    return {"name": leaf.name, "window": window, "did": did}


def _event_leaf(values: Mapping[str, str], where: Where) -> dict[str, Any]:
    return _event(values.get("name", "").strip() or "form_submitted", [], values, where)


def _event_gaps(values: Mapping[str, str], where: Where) -> dict[str, Piece]:
    return {
        "name": Piece(
            kind="event", value=values.get("name", ""), options=event_names(), label=_("Which event")
        ),
        "window": _window_gap(values, where),
        "did": _did_gap(values),
    }


def _attribute_values(leaf: Any, where: Where) -> dict[str, str] | None:
    if not isinstance(leaf, conditions.Attribute) or isinstance(leaf.value, list):
        return None
    if leaf.op not in dict(_comparisons(leaf.field)):
        return None
    value = "" if leaf.value is None else str(leaf.value)
    return {"field": leaf.field, "op": leaf.op, "value": value}


def _attribute_leaf(values: Mapping[str, str], where: Where) -> dict[str, Any]:
    known = attributes.askable()
    chosen = values.get("field") if values.get("field") in known else "title"
    assert chosen is not None
    offered = dict(_comparisons(chosen))
    op = values.get("op", "") if values.get("op", "") in offered else "is_not_empty"
    if op in _WITHOUT_VALUE:
        return {"kind": "attribute", "field": chosen, "op": op}
    return {
        "kind": "attribute",
        "field": chosen,
        "op": op,
        "value": _typed(known[chosen], op, values.get("value", "")),
    }


def _attribute_gaps(values: Mapping[str, str], where: Where) -> dict[str, Piece]:
    known = attributes.askable()
    chosen = known.get(values.get("field", "title"), known["title"])
    offered = [(key, one.label) for key, one in known.items() if str(one.type) != "reference"]
    kind, options = "text", []
    if chosen.choices:
        kind, options = "select", [(one["value"], _choice(one)) for one in chosen.choices]
    elif str(chosen.type) == "yes_no":
        kind, options = "select", [("true", _("yes")), ("false", _("no"))]
    elif str(chosen.type) == "number" or values.get("op") in _DAYS:
        kind = "number"
    elif str(chosen.type) in ("date", "moment"):
        kind = "date"
    return {
        "field": Piece(
            kind="select", value=chosen.key, options=offered, label=_("Which field"), is_turning=True
        ),
        "op": Piece(
            kind="select",
            value=values.get("op", "is_not_empty"),
            options=_comparisons(chosen.key),
            label=_("How it is compared"),
            is_turning=True,
        ),
        "value": Piece(kind=kind, value=values.get("value", ""), options=options, label=_("Value")),
    }


def _score_values(leaf: Any, where: Where) -> dict[str, str] | None:
    if not isinstance(leaf, conditions.Value) or leaf.of != "score" or leaf.op not in ("gte", "lt"):
        return None
    return {"op": leaf.op, "value": str(leaf.value)}


def _score_leaf(values: Mapping[str, str], where: Where) -> dict[str, Any]:
    op = "lt" if values.get("op") == "lt" else "gte"
    return {"kind": "value", "of": "score", "op": op, "value": _number(values.get("value", "40"))}


def _score_gaps(values: Mapping[str, str], where: Where) -> dict[str, Piece]:
    options = [("gte", pgettext("score", "at least")), ("lt", pgettext("score", "below"))]
    return {
        "op": Piece(kind="select", value=values.get("op", "gte"), options=options, label=_("How compared")),
        "value": Piece(kind="number", value=values.get("value", "40"), label=_("Score")),
    }


def _stage_values(leaf: Any, where: Where) -> dict[str, str] | None:
    if not isinstance(leaf, conditions.Value) or leaf.of != "stage" or leaf.op not in ("is", "is_not"):
        return None
    return {"op": leaf.op, "value": str(leaf.value)}


def _stage_leaf(values: Mapping[str, str], where: Where) -> dict[str, Any]:
    offered = [key for key, _label in _stages()]
    op = "is_not" if values.get("op") == "is_not" else "is"
    value = values.get("value") or (offered[0] if offered else "-")
    return {"kind": "value", "of": "stage", "op": op, "value": value}


def _stage_gaps(values: Mapping[str, str], where: Where) -> dict[str, Piece]:
    return {
        "op": Piece(kind="select", value=values.get("op", "is"), options=_IS(), label=_("Is or is not")),
        "value": Piece(kind="select", value=values.get("value", ""), options=_stages(), label=_("Stage")),
    }


def _member_kind(of: str, label: Any, named: Callable[[], list[Option]], said: Any, which: Any) -> Kind:
    def values(leaf: Any, where: Where) -> dict[str, str] | None:
        if not isinstance(leaf, conditions.Value) or leaf.of != of or leaf.op not in ("member", "not_member"):
            return None
        return {"ref": leaf.ref or "", "op": leaf.op}

    def leaf(values: Mapping[str, str], where: Where) -> dict[str, Any]:
        offered = named()
        op = "not_member" if values.get("op") == "not_member" else "member"
        return {
            "kind": "value",
            "of": of,
            "ref": values.get("ref") or (offered[0][0] if offered else "0"),
            "op": op,
        }

    def gaps(values: Mapping[str, str], where: Where) -> dict[str, Piece]:
        options = [("member", pgettext("member", "in")), ("not_member", pgettext("member", "not in"))]
        return {
            "ref": Piece(kind="select", value=values.get("ref", ""), options=named(), label=str(which)),
            "op": Piece(
                kind="select", value=values.get("op", "member"), options=options, label=_("In or not in")
            ),
        }

    return Kind(of, label, values, leaf, gaps, lambda _values: str(said))


# -- pieces of kinds ----------------------------------------------------------------------------


def event_names() -> list[Option]:
    """Events of our own that a person does, with their words."""
    names = ("page_viewed", "form_submitted", "form_started", "mail_opened", "mail_replied", "unsubscribed")
    return [(name, _say(conditions.Event(name=name))) for name in names]


def _event(name: str, tests: list[dict[str, Any]], values: Mapping[str, str], where: Where) -> dict[str, Any]:
    leaf: dict[str, Any] = {"kind": "event", "name": name, "where": tests}
    if values.get("did") == "no":
        leaf["count"] = {"op": "exactly", "n": 0}
    default = "since_entry" if where.in_journey else "ever"
    word, _colon, days = values.get("window", default).partition(":")
    if word == "last" and days.isdecimal():
        leaf["window"] = {"kind": "last", "n": int(days), "unit": "days"}
    else:
        is_entry = word == "since_entry" and where.in_journey
        leaf["window"] = {"kind": "since_entry" if is_entry else "ever"}
    return leaf


def _is(prop: str, value: str | int) -> dict[str, Any]:
    return {"prop": prop, "op": "is", "value": value}


def _did(leaf: conditions.Event) -> str | None:
    match (leaf.count.op, leaf.count.n):
        case ("at_least", 1):
            return "yes"
        case ("exactly" | "at_most", 0):
            return "no"
    return None


def _window_word(leaf: conditions.Event) -> str | None:
    window = leaf.window
    if isinstance(window, conditions.SinceEntry):
        return "since_entry"
    if window.kind == "ever":
        return "ever"
    return f"last:{window.n}" if window.kind == "last" and window.unit == "days" else None


def _window_gap(values: Mapping[str, str], where: Where) -> Piece:
    chosen = values.get("window", "since_entry" if where.in_journey else "ever")
    options = [("since_entry", _("since entry"))] if where.in_journey else []
    options += [("ever", _("at any time"))]
    days = sorted({7, 28, 90, 180} | ({int(chosen[5:])} if chosen.startswith("last:") else set()))
    options += [(f"last:{count}", _("in the last %(count)d days") % {"count": count}) for count in days]
    return Piece(kind="select", value=chosen, options=options, label=_("When"))


def _did_gap(values: Mapping[str, str]) -> Piece:
    options = [("yes", pgettext("condition", "did")), ("no", pgettext("condition", "did not"))]
    return Piece(kind="select", value=values.get("did", "yes"), options=options, label=_("Did or did not"))


def _clicked_gap(values: Mapping[str, str]) -> Piece:
    options = [
        ("yes", pgettext("condition", "was clicked")),
        ("no", pgettext("condition", "was not clicked")),
    ]
    return Piece(kind="select", value=values.get("did", "yes"), options=options, label=_("Did or did not"))


def _IS() -> list[Option]:
    return [("is", pgettext("condition", "is")), ("is_not", pgettext("condition", "is not"))]


def _stages() -> list[Option]:
    return [(one.key, one.label) for one in stages.distribution() if one.key]


def _lists() -> list[Option]:
    return [(str(one.id), one.name) for one in lists.list_all()]


def _audiences() -> list[Option]:
    return [(str(one.id), one.name) for one in audience.list_all()]


def _marketing_mails() -> Sequence[Any]:
    return mails.list_mails(ListQuery({"purpose": Purpose.MARKETING.value}, limit=200)).rows


def _comparisons(field_key: str) -> list[Option]:
    found = attributes.askable().get(field_key)
    kind = str(found.type) if found else "text"
    words = {key: str(word) for key, word in _COMPARISONS.items()}
    by_type = {
        "number": ("is", "gte", "lt", "is_empty", "is_not_empty"),
        "yes_no": ("is", "is_empty"),
        "date": ("on_or_after", "before", "within_last_days", "is_empty", "is_not_empty"),
        "moment": ("on_or_after", "before", "within_last_days", "not_within_last_days"),
        "word": ("is", "is_not", "is_empty", "is_not_empty"),
        "reference": (),
    }
    offered = by_type.get(kind, ("is", "is_not", "contains", "starts_with", "is_empty", "is_not_empty"))
    return [(key, words[key]) for key in offered]


def _typed(found: attributes.Askable, op: str, text: str) -> Any:
    if op in _DAYS:
        return _number(text or "30")
    match str(found.type):
        case "number":
            return _number(text)
        case "yes_no":
            return text != "false"
    if not text.strip():
        raise conditions.BadCondition("value", _("Say what it is compared with."))
    return text.strip()


def _number(text: str) -> int | float:
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        raise conditions.BadCondition(
            "value", _("“%(text)s” is not a number.") % {"text": text[:30]}
        ) from None
    return int(value) if value.is_integer() else value


def _choice(choice: Mapping[str, str]) -> str:
    english = "" if on_screen.is_japanese() else choice.get("label_en", "")
    return english or choice.get("label", choice["value"])


def _filled(kind: Kind, values: Mapping[str, str], where: Where) -> dict[str, Any]:
    return kind.leaf(values, where)


def _kind_of(leaf: Any, where: Where) -> tuple[Kind | None, dict[str, str]]:
    for kind in KINDS.values():
        values = kind.values(leaf, where)
        if values is not None:
            return kind, values
    return None, {}


def _pieces(kind: Kind, values: Mapping[str, str], where: Where, name: str) -> list[Piece]:
    """The kind's sentence, cut at its gaps; a gap named in the pattern and not given is left out."""
    gaps = kind.gaps(values, where)
    pieces = []
    for place, part in enumerate(re.split(r"%\((\w+)\)s", kind.pattern(values))):
        if place % 2 == 0:
            if part.strip():
                pieces.append(Piece(text=part.strip()))
        elif part in gaps:
            gap = gaps[part]
            pieces.append(Piece("", name + part, gap.kind, gap.value, gap.options, gap.label, gap.is_turning))
    return pieces


def _parts(data: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """How the lines are joined, and the lines; a tree that cannot be read has none."""
    try:
        root = conditions.read(dict(data)).root
    except conditions.BadCondition:
        return "all", []
    if isinstance(root, conditions.Group) and root.kind in ("all", "any"):
        return root.kind, list(root.of)
    return "all", [root]


def _dump(leaf: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = leaf.model_dump(mode="json", by_alias=True)
    return dumped


def _read_raw(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except ValueError:
        raise conditions.BadCondition("", _("This line cannot be read: take it out.")) from None
    if not isinstance(data, dict):
        raise conditions.BadCondition("", _("This line cannot be read: take it out."))
    conditions.read(data)
    return data


def _say(leaf: Any) -> str:
    return conditions.sentence(conditions.Condition(leaf), "ja" if on_screen.is_japanese() else "en")


_WITHOUT_VALUE: Final = ("is_empty", "is_not_empty")
_DAYS: Final = ("within_last_days", "not_within_last_days")
_COMPARISONS: Final[dict[str, Any]] = {
    "is": gettext_lazy("is exactly"),
    "is_not": gettext_lazy("is anything but"),
    "contains": gettext_lazy("contains"),
    "starts_with": gettext_lazy("begins with"),
    "gte": gettext_lazy("is at least"),
    "lt": gettext_lazy("is below"),
    "on_or_after": gettext_lazy("is on or after"),
    "before": gettext_lazy("is before"),
    "within_last_days": gettext_lazy("is within the last days"),
    "not_within_last_days": gettext_lazy("is longer ago than days"),
    "is_empty": gettext_lazy("is empty"),
    "is_not_empty": gettext_lazy("is not empty"),
}
KINDS: Final[dict[str, Kind]] = {
    kind.key: kind
    for kind in (
        Kind(
            "clicked",
            gettext_lazy("Click in a mail"),
            _clicked_values,
            _clicked_leaf,
            _clicked_gaps,
            lambda _values: _("A link in %(which)s %(did)s %(window)s"),
        ),
        Kind(
            "did",
            gettext_lazy("An event"),
            _event_values,
            _event_leaf,
            _event_gaps,
            lambda _values: _("The person %(did)s this: %(name)s %(window)s"),
        ),
        Kind(
            "attribute",
            gettext_lazy("A field"),
            _attribute_values,
            _attribute_leaf,
            _attribute_gaps,
            lambda values: (
                _("%(field)s %(op)s")
                if values.get("op", "is_not_empty") in _WITHOUT_VALUE
                else _("%(field)s %(op)s %(value)s")
            ),
        ),
        Kind(
            "score",
            gettext_lazy("The score"),
            _score_values,
            _score_leaf,
            _score_gaps,
            lambda _values: _("The score is %(op)s %(value)s"),
        ),
        Kind(
            "stage",
            gettext_lazy("The stage"),
            _stage_values,
            _stage_leaf,
            _stage_gaps,
            lambda _values: _("The stage %(op)s %(value)s"),
        ),
        _member_kind(
            "list",
            gettext_lazy("A static list"),
            _lists,
            gettext_lazy("The person is %(op)s the list %(ref)s"),
            gettext_lazy("Which list"),
        ),
        _member_kind(
            "audience",
            gettext_lazy("An audience"),
            _audiences,
            gettext_lazy("The person is %(op)s the audience %(ref)s"),
            gettext_lazy("Which audience"),
        ),
    )
}
