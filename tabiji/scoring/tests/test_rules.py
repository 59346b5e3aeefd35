"""The document of a score model: what it means, and what it refuses."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from django.utils import translation

from tabiji.scoring import rules
from tabiji.scoring.rules import BadRules
from tabiji.scoring.tests.company import MODEL


def changed(path: list[Any], value: Any) -> dict[str, Any]:
    document: Any = copy.deepcopy(MODEL)
    part = document
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return document  # type: ignore[no-any-return]


def test_the_demo_company_has_a_good_document() -> None:
    document = rules.parse(MODEL)

    assert document.threshold == 80
    assert [rule.points for rule in document.rules] == [25, 15, 10, 5, 5, 10]


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (["version"], 2, "version"),
        (["threshold"], 0, "threshold"),
        (["threshold"], "80", "threshold"),
        (["rules"], [], "rules"),
        (["rules", 0, "points"], 0, "rules.0"),
        (["rules", 0, "points"], 5_000, "rules.0.points"),
        (["rules", 0, "points"], True, "rules.0.points"),
        (["rules", 0, "key"], "Two Words", "rules.0.key"),
        (["rules", 1, "key"], "document_request", ""),
        (["rules", 0, "trigger", "kind"], "anything", "rules.0.trigger"),
        (["rules", 0, "trigger", "where", 0, "op"], "matches", "rules.0.trigger.event.where.0.op"),
        (["rules", 0, "trigger", "where", 0, "prop"], "person.email", "rules.0.trigger.event.where.0.prop"),
        (["rules", 0, "trigger", "where", 0, "value"], ["a"], "rules.0.trigger.event.where.0"),
        (["rules", 1, "trigger", "value"], "100-300", "rules.1.trigger.field"),
        (["rules", 0, "unknown"], 1, "rules.0.unknown"),
        (["rules", 0, "cap"], "per", "rules.0"),
        (["rules", 5, "per"], "", "rules.5"),
        (
            ["rules", 0, "trigger"],
            {"kind": "change", "change": "score", "to": "1"},
            "rules.0.trigger.change.change",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(path: list[Any], value: Any, place: str) -> None:
    with pytest.raises(BadRules) as error:
        rules.parse(changed(path, value))

    assert error.value.path == place
    assert error.value.why


@pytest.mark.parametrize("data", [None, [], "", 5, {"version": 1}, {"__class__": "x"}])
def test_what_is_no_document_is_refused(data: object) -> None:
    with pytest.raises(BadRules):
        rules.parse(data)


@pytest.mark.parametrize(
    ("op", "actual", "wanted", "holds"),
    [
        ("is", "human", "human", True),
        ("is", 3.0, "3", True),
        ("is", None, "", True),
        ("is_not", "a", "b", True),
        ("in", 5, ["4", "5"], True),
        ("not_in", "6", [4, 5], True),
        ("contains", "/cases/aoba", "aoba", True),
        ("starts_with", "/cases/aoba", "/cases", True),
        ("gte", "1000000", 1_000_000, True),
        ("gte", "999999", 1_000_000, False),
        ("gte", "plenty", 1, False),
        ("gte", True, 1, False),
        ("gte", {"a": 1}, 1, False),
        ("lte", "-1e400", 0, True),
        ("is_set", "", None, False),
        ("is_set", 0, None, True),
    ],
)
def test_an_operator_compares_what_it_can_and_no_more(op: Any, actual: Any, wanted: Any, holds: bool) -> None:
    assert rules.holds(op, actual, wanted) is holds


def test_a_rule_reads_as_a_sentence_in_both_languages() -> None:
    document = rules.parse(MODEL)

    with translation.override("en"):
        assert rules.sentence(document.rules[2]) == (
            "Page viewed (page is /pricing): +10 points, at most once a day"
        )
    with translation.override("ja"):
        assert rules.sentence(document.rules[2]) == "ページの閲覧(ページが「/pricing」):+10点、1日に1回まで"
        assert rules.sentence(document.rules[5]).endswith("メールごとに1回")
