"""Every kind of line: from the tree to rows, to the form that they post, and back to the very same tree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from types import SimpleNamespace
from typing import Any

import pytest
from django.template.loader import render_to_string

from tabiji.audiences.public import audience, conditions, operators, sources
from tabiji.pages.public import forms
from tabiji.people.public import fields, lists
from tabiji.web.components import condition_changes, condition_comparing, condition_kinds, condition_rows
from tabiji.web.components.condition_rows import Where
from tabiji.web.components.tests.posting import posted
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import workspace as workspaces
from tests.builders.mails import published_mail

pytestmark = pytest.mark.django_db
JOURNEY = Where(in_journey=True)
A_DEED: dict[str, Any] = {
    "name": "order_placed",
    "where": [
        {"prop": "props.amount", "op": "gte", "value": 5000},
        {"prop": "props.plan", "op": "is", "value": "5"},
        {"prop": "props.plan", "op": "is", "value": 5},
        {"prop": "props.plan", "op": "in", "value": ["pro", "team"]},
        {"prop": "props.size", "op": "not_in", "value": [1, 2.5]},
        {"prop": "props.trial", "op": "is_not", "value": True},
        {"prop": "props.amount", "op": "between", "value": [1, 10]},
        {"prop": "props.due", "op": "between", "value": ["2026-04-01", "2026-04-30"]},
        {"prop": "props.due", "op": "within_next_business_days", "value": 3},
        {"prop": "props.due", "op": "in_month", "value": -1},
        {"prop": "props.page", "op": "contains", "value": "x"},
        {"prop": "path", "op": "not_starts_with", "value": "/pricing"},
        {"prop": "props.shop.name", "op": "is_empty"},
    ],
    "machines": True,
}
SEEN: dict[str, Any] = {"name": "page_viewed", "where": [], "machines": False}
WINDOWS: list[dict[str, Any]] = [
    {"kind": "ever"},
    {"kind": "last", "n": 28, "unit": "days"},
    {"kind": "last", "n": 13, "unit": "days"},
    {"kind": "last", "n": 3, "unit": "hours"},
    {"kind": "ago", "from": 90, "to": 30},
    {"kind": "ago", "to": 30},
    *(
        {"kind": "calendar", "unit": unit, "back": back}
        for unit in ("day", "fiscal_year")
        for back in (0, 1, 3)
    ),
    {"kind": "between", "from": "2026-04-01", "to": "2026-04-30"},
    {"kind": "between", "to": "2026-04-30"},
    {"kind": "since_entry"},
    {"kind": "since_event", "which": "first", **A_DEED, "for": {"n": 3, "unit": "hours"}},
    {"kind": "since_event", "which": "last", **SEEN},
]
COUNTS: list[dict[str, Any]] = [
    {"op": "at_least", "n": 1},
    {"op": "exactly", "n": 0},
    {"op": "at_least", "n": 3},
    {"op": "at_most", "n": 2},
    {"op": "exactly", "n": 4},
]
TOTALS: list[dict[str, Any]] = [
    {"of": "sum", "prop": "props.amount", "op": "at_least", "n": 50000},
    {"of": "average", "prop": "props.amount", "op": "at_most", "n": -1.5},
    {"of": "smallest", "prop": "props.amount", "op": "more_than", "n": 0},
    {"of": "largest", "prop": "props.amount", "op": "less_than", "n": 10},
    {"of": "distinct", "prop": "path", "op": "exactly", "n": 4},
    {"of": "days", "op": "at_least", "n": 5},
]
PICKS = [{"n": n, "from": end} for n in (1, 3) for end in ("start", "end")]


def test_every_kind_of_line_makes_the_round_trip(workspace: WorkspaceInfo, now: datetime) -> None:
    for leaves in _batched(_leaves(now), 12):
        stored = conditions.parse({"version": 1, "kind": "all", "of": leaves}).data()

        lines = condition_rows.lines_of(stored, JOURNEY)
        form = _posted(condition_rows.rows(lines, JOURNEY))
        back = condition_rows.tree(condition_rows.typed(form), JOURNEY)

        shown = zip(lines.lines, stored["of"], strict=True)
        assert [leaf for line, leaf in shown if line.kind == condition_rows.RAW] == []
        for kept, leaf in zip(back["of"], stored["of"], strict=True):
            assert _as_sets(kept) == _as_sets(leaf)


def test_what_begins_a_line_of_each_kind_can_be_drawn_and_most_can_be_asked_at_once(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    _things(now)
    empty = condition_rows.Line(condition_rows.GROUP)

    for kind in condition_kinds.KINDS:
        lines, place = condition_rows.act(empty, "add_row", kind, JOURNEY)
        form = _posted(condition_rows.rows(lines, JOURNEY, focus=place))
        said = condition_rows.tree(condition_rows.typed(form), JOURNEY)
        assert said["of"][0]["kind"] != condition_rows.RAW


@pytest.mark.parametrize("of", ["stage", "consent", "deal"])
def test_one_of_with_no_box_ticked_is_unfinished_and_never_the_first(
    workspace: WorkspaceInfo, of: str
) -> None:
    group = condition_rows.Line(condition_rows.GROUP)
    begun, _made = condition_rows.act(group, "add_row", of, Where())
    ref = {"ref": "mail/marketing"} if of == "consent" else {}
    unticked = condition_rows.Line(of, {**ref, "op": "in"})

    assert condition_rows.tree(begun, Where())["of"][0]["value"]
    with pytest.raises(conditions.BadCondition):
        condition_rows.tree(condition_rows.Line(condition_rows.GROUP, lines=(unticked,)), Where())


def test_parts_come_and_go_and_those_after_them_move_up(workspace: WorkspaceInfo) -> None:
    where = Where()
    lines, _made = condition_rows.act(condition_rows.Line(condition_rows.GROUP), "add_row", "sequence", where)
    for part in ("step", "step-1-without", "step-1-without-0-test", "step-2-test"):
        lines, _made = condition_rows.act(lines, "add_part", f"0/{part}", where)
    lines, _made = condition_rows.act(lines, "add_part", "0/nonsense", where)
    values = dict(lines.lines[0].values)
    values |= {"step-2-name": "mail_opened", "step-2-test-0-prop": "x", "step-2-test-0-op": "is_empty"}
    lines = condition_rows.Line(condition_rows.GROUP, lines=(condition_rows.Line("sequence", values),))

    lines, _made = condition_rows.act(lines, "remove_part", "0/step-1", where)

    (leaf,) = condition_rows.tree(lines, where)["of"]
    assert [step["name"] for step in leaf["steps"]] == ["page_viewed", "mail_opened"]
    assert leaf["steps"][1]["where"] == [{"prop": "props.x", "op": "is_empty"}]
    assert condition_rows.act(lines, "remove_part", "0/step-1", where)[0] == lines  # two steps at least


def test_each_operator_source_and_change_of_the_language_has_words_here() -> None:
    from tabiji.audiences import checking

    assert set(condition_comparing.LABELS) | {"member", "not_member"} == set(operators.ALL)
    assert set(condition_changes.CHANGES) == checking.CHANGE_KINDS
    assert set(sources.registry.names()) <= set(condition_kinds.KINDS)


def test_sentences_call_the_values_of_changes_by_their_words(workspace: WorkspaceInfo) -> None:
    held = conditions.parse({"kind": "change", "change": "hold", "new": ["held"]})

    assert "held" not in conditions.sentence(held, "ja")
    for change, words in condition_changes._WORDS.items():
        assert dict(sources.words.get(change)()) == dict(words)


def _batched(leaves: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(leaves, size)):
        yield batch


def _leaves(now: datetime) -> Iterator[dict[str, Any]]:
    of = _things(now)
    yield {"kind": "everyone"}
    yield {"kind": "sample", "percent": 12.5, "seed": "春"}
    yield from ({"kind": "today", "is": day} for day in ("business_day", "day_off"))
    yield from _about_fields()
    yield from _about_values(of)
    yield from _about_acts(of)
    yield from _about_changes(of)


def _about_fields() -> Iterator[dict[str, Any]]:
    shown: dict[str, list[Any]] = {
        "title": ["部長", ["部長", "課長"]],
        "size": ["small", ["small", "large"]],
        "score_of_fair": [5, [1, 2.5]],
        "contract_end": ["2026-04-01", ["2026-04-01", "2026-04-30"]],
        "created_at": ["2026-04-01", ["2026-04-01", "2026-04-30"]],
        "member_of_club": [True],
    }
    for field, (one, *more) in shown.items():
        for name in operators.ALL:
            leaf = {"kind": "attribute", "field": field, "op": name}
            is_counted = operators.registry.get(name).takes.value in ("days", "units")
            for value in (7, -14) if is_counted else (None, one, *more):
                said = leaf if value is None else {**leaf, "value": value}
                if _can_be_asked(said):
                    yield said


def _about_values(of: dict[str, str]) -> Iterator[dict[str, Any]]:
    for source in ("list", "audience"):
        for op in ("member", "not_member"):
            yield {"kind": "value", "of": source, "ref": of[source], "op": op}
    yield {"kind": "value", "of": "hold", "op": "not_member"}
    yield {"kind": "value", "of": "score", "op": "gte", "value": 80}
    yield {"kind": "value", "of": "score", "op": "between", "value": [10, 20]}
    yield {"kind": "value", "of": "stage", "op": "is", "value": "sql"}
    yield {"kind": "value", "of": "stage", "op": "is_empty"}
    yield {"kind": "value", "of": "consent", "ref": "mail/marketing", "op": "is_not", "value": "granted"}
    yield {
        "kind": "value",
        "of": "consent",
        "ref": "mail/events",
        "op": "in",
        "value": ["granted", "withdrawn"],
    }
    yield {"kind": "value", "of": "deal", "op": "gte", "value": 1000000}
    yield {"kind": "value", "of": "deal", "op": "not_in", "value": ["won", "lost"]}
    yield {"kind": "value", "of": "hand_over", "op": "is", "value": "returned"}
    yield {"kind": "value", "of": "appointment", "op": "is_not_empty"}


def _about_acts(of: dict[str, str]) -> Iterator[dict[str, Any]]:
    click = {"prop": "props.verdict", "op": "is", "value": "human"}
    content = {"prop": "props.link_kind", "op": "is", "value": "content"}
    mail = {"prop": "props.mail_id", "op": "is", "value": int(of["mail"])}
    sent = {"prop": "props.form_id", "op": "is", "value": int(of["form"])}
    for window in WINDOWS:
        yield {"kind": "event", **SEEN, "window": window}
        yield {"kind": "event", "name": "click_judged", "where": [click, content, mail], "window": window}
        yield {"kind": "event", "name": "form_submitted", "where": [sent], "window": window}
        if window["kind"] != "since_event":
            yield {"kind": "sequence", "window": window, "steps": [SEEN, A_DEED]}
            if window["kind"] != "since_entry":
                yield {"kind": "top", **SEEN, "percent": 12.5, "window": window}
    for asked in (
        *({"count": one} for one in COUNTS),
        *({"total": one} for one in TOTALS),
        *({"pick": one} for one in PICKS),
    ):
        yield {"kind": "event", **A_DEED, **asked, "window": WINDOWS[1]}
    for word in (
        {"prop": "props.mail_id", "op": "in", "value": [int(of["mail"])]},
        {"prop": "props.form_key", "op": "in", "value": ["siryo", "gone"]},
        {"prop": "props.verdict", "op": "is_not", "value": "machine"},
        {"prop": "source", "op": "is", "value": "form"},
    ):
        yield {"kind": "event", "name": "click_judged", "where": [word]}
    yield {
        "kind": "sequence",
        "window": WINDOWS[2],
        "steps": [
            A_DEED,
            {**SEEN, "within": {"n": 3, "unit": "days"}, "without": [A_DEED, SEEN]},
            {**A_DEED, "within": {"n": 30, "unit": "minutes"}},
        ],
    }
    for total in ({"of": "count"}, {"of": "days"}, {"of": "sum", "prop": "props.amount"}):
        yield {"kind": "top", "n": 50, **A_DEED, "total": total}


def _about_changes(of: dict[str, str]) -> Iterator[dict[str, Any]]:
    for kind in condition_changes.CHANGES:
        yield {"kind": "change", "change": kind}
        yield {"kind": "change", "change": kind, "old": ["1", ""], "new": ["won"], "count": COUNTS[2]}
    for kind, ref in (
        ("list", of["list"]),
        ("audience", of["audience"]),
        ("consent", "mail/marketing"),
        ("field", "title"),
        ("field", "size"),
        ("field", "owner_id"),
    ):
        for new in (["1"], [""], ["small", "x"]):
            yield {"kind": "change", "change": kind, "ref": ref, "new": new, "window": WINDOWS[4]}
            yield {"kind": "change", "change": kind, "ref": ref, "old": new, "count": COUNTS[1]}


def _as_sets(data: Any) -> Any:
    """Several values are meant in no order: boxes stand as they are offered."""
    if isinstance(data, dict):
        is_several = str(data.get("op")).endswith("in") or data.get("kind") == "change"
        return {
            key: sorted(map(str, value)) if is_several and key in ("value", "old", "new") else _as_sets(value)
            for key, value in data.items()
        }
    return [_as_sets(one) for one in data] if isinstance(data, list) else data


def _can_be_asked(leaf: dict[str, Any]) -> bool:
    try:
        conditions.parse(leaf)
    except conditions.BadCondition:
        return False
    return True


def _things(now: datetime) -> dict[str, str]:
    """One of each that a line can name."""
    made = {
        "size": "choice",
        "score_of_fair": "number",
        "contract_end": "date",
        "member_of_club": "yes_no",
    }
    for key, kind in made.items():
        choices = [{"value": value, "label": value} for value in ("small", "large")] if key == "size" else []
        fields.create(key, label=key, type=kind, choices=choices)
    return {
        "list": str(lists.create("来場者", actor=AUTOMATIC)),
        "audience": str(audience.create("全員", actor=AUTOMATIC, condition={"kind": "everyone"})),
        "form": str(forms.create("資料請求", key="siryo", actor=AUTOMATIC)),
        "mail": str(published_mail("事例", at=now)),
    }


def _posted(shown: condition_rows.Rows) -> dict[str, str]:
    drawn = {"rows": shown, "post": "", "target": "#x", "argument": "0"}
    request = SimpleNamespace(workspace=workspaces.current())
    return posted(render_to_string("components/condition_rows.html", {**drawn, "request": request}))
