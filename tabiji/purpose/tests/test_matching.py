"""One description, two readers: what fits in memory is what fits in ClickHouse."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabiji.core import clickhouse, clock
from tabiji.core.facts import Change, Event
from tabiji.purpose.matching import (
    AnyMatch,
    BadMatch,
    ChangeMatch,
    EventMatch,
    fits_change,
    fits_event,
    parse,
)
from tabiji.purpose.public import compiling
from tabiji.purpose.tests.told import START
from tabiji.workspaces.contracts import WorkspaceInfo

SOMEBODY = UUID(int=7)
VALUES: list[Any] = [
    "",
    "x",
    "omakase",
    "a%b",
    "A_b",
    "it's",
    "10",
    "-2.5",
    10,
    -2.5,
    1.0,
    True,
    False,
    None,
    ["x"],
    {"a": 1},
]
PATHS = ["/pricing/", "/pricing", "/pricing/x", "/cases/100%_a", "/cases/100xxa", "/", "", "/a\\b"]


def event(name: str, path: str, source: str, props: dict[str, Any]) -> Event:
    return Event(
        0, "m", SOMEBODY, None, "track", name, clock.to_ms(START), 0, source=source, path=path, props=props
    )


def change(kind: str, ref: str, old: str, new: str, detail: dict[str, Any]) -> Change:
    return Change(SOMEBODY, kind, ref, old, new, 0.0, clock.to_ms(START), detail=detail)


EVENTS = [
    event(name, path, source, {} if value is None else {"line": value, "deep": {"a": value}})
    for name in ("page_viewed", "form_submitted")
    for path in PATHS
    for source in ("web", "form")
    for value in VALUES[:: 1 if path == "/pricing/" else 5]
]
CHANGES = [
    change(kind, ref, old, "won", {} if value is None else {"line": value, "deep": {"a": value}})
    for kind in ("deal", "appointment")
    for ref in ("1", "2")
    for old in ("", "open")
    for value in VALUES
]

tests = st.one_of(
    st.fixed_dictionaries(
        {
            "property": st.sampled_from(["line", "deep.a", "missing"]),
            "operator": st.sampled_from(["is", "is_not", "contains", "starts_with"]),
            "values": st.lists(
                st.sampled_from(["x", "omakase", "10", "true", "a%", "_", "it's", "1"]),
                min_size=1,
                max_size=2,
            ),
        }
    ),
    st.fixed_dictionaries(
        {
            "property": st.sampled_from(["line", "deep.a", "missing"]),
            "operator": st.sampled_from(["at_least", "at_most"]),
            "number": st.sampled_from([-3.0, -2.5, 0.0, 10.0, 10.5]),
        }
    ),
    st.fixed_dictionaries({"property": st.sampled_from(["line", "missing"]), "operator": st.just("is_set")}),
)
event_matches = st.fixed_dictionaries(
    {
        "kind": st.just("event"),
        "names": st.lists(
            st.sampled_from(["page_viewed", "form_submitted", "other"]), min_size=1, max_size=2
        ),
        "paths": st.lists(
            st.sampled_from(["/pricing*", "/pricing/", "*a", "/cases/100%_a", "*\\*", "*"]), max_size=2
        ),
        "sources": st.lists(st.sampled_from(["web", "form"]), max_size=1),
        "line": st.sampled_from(["", "", "omakase"]),
        "where": st.lists(tests, max_size=2),
    }
)
change_matches = st.fixed_dictionaries(
    {
        "kind": st.just("change"),
        "change": st.sampled_from(["deal", "appointment"]),
        "refs": st.lists(st.sampled_from(["1", "2"]), max_size=1),
        "old": st.lists(st.sampled_from(["", "open"]), max_size=1),
        "new": st.lists(st.sampled_from(["won", "lost"]), max_size=1),
        "line": st.sampled_from(["", "", "omakase"]),
        "where": st.lists(tests, max_size=2),
    }
)
matches = st.one_of(
    event_matches,
    change_matches,
    st.fixed_dictionaries(
        {
            "kind": st.just("any"),
            "of": st.lists(st.one_of(event_matches, change_matches), min_size=1, max_size=3),
        }
    ),
)


@pytest.fixture
def stored(workspace: WorkspaceInfo) -> WorkspaceInfo:
    from tabiji.events import store
    from tabiji.events.contracts import Decision

    for place, one in enumerate(EVENTS):
        one.ordinal = place
    for place, other in enumerate(CHANGES):
        other.ordinal = place
    store.write(workspace.id, 0, 1, Decision(events=EVENTS, changes=CHANGES, received_ms=clock.to_ms(START)))
    return workspace


@pytest.mark.django_db
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(described=matches)
def test_memory_and_clickhouse_agree_on_every_description(
    stored: WorkspaceInfo, described: dict[str, Any]
) -> None:
    match = parse(described)

    assert in_clickhouse(stored, match) == (
        [one.ordinal for one in EVENTS if fits_event(match, one)],
        [one.ordinal for one in CHANGES if fits_change(match, one)],
    )


def in_clickhouse(
    workspace: WorkspaceInfo, match: EventMatch | ChangeMatch | AnyMatch
) -> tuple[list[int], list[int]]:
    params = compiling.Parameters()
    compiled = compiling.compile(match, params)
    found = []
    for table, condition in (("event", compiled.events), ("person_change", compiled.changes)):
        statement = (
            "SELECT ordinal FROM "
            + table
            + " WHERE workspace_id = {ws:UInt32} AND "
            + (condition or "0")
            + " ORDER BY ordinal"
        )
        rows = clickhouse.store().rows(statement, {"ws": workspace.id, **params.values})
        found.append([row[0] for row in rows])
    return found[0], found[1]


@pytest.mark.parametrize(
    ("described", "why"),
    [
        ({"kind": "everything"}, "everything"),
        ({"kind": "event", "names": []}, "names"),
        ({"kind": "event", "names": ["a"], "pathes": ["/x"]}, "pathes"),
        ({"kind": "change", "change": "mood"}, "change"),
        ({"kind": "change", "change": "conversion"}, "hich conversions"),
        (
            {
                "kind": "event",
                "names": ["a"],
                "where": [{"property": "p", "operator": "like", "values": ["x"]}],
            },
            "operator",
        ),
        ({"kind": "event", "names": ["a"], "where": [{"property": "p", "operator": "is"}]}, "needs values"),
        (
            {"kind": "event", "names": ["a"], "where": [{"property": "p'; --", "operator": "is_set"}]},
            "property",
        ),
        ({"kind": "any", "of": []}, "of"),
        (None, "dictionary"),
    ],
)
def test_what_is_unknown_or_unfinished_raises_and_never_fits_everything(described: object, why: str) -> None:
    with translation.override("en"), pytest.raises(BadMatch, match=why):
        parse(described)
