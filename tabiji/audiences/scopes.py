"""Of whom a condition is asked, and from where their rows come.

`Everyone` reads the mirrors in ClickHouse; `Among` the same for some people only; `Asked` reads the
present rows of some people from PostgreSQL, which travel with the question (decision time). A scope is
also the one place that maps subjects, under which acts are stored, to people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from tabiji.audiences import travelling
from tabiji.audiences.binding import WORKSPACE, Binder, both
from tabiji.core import clock
from tabiji.core.clickhouse import External
from tabiji.people.public import exclusions

_OWNERS: Final = "SELECT subject_id, person_id FROM identity_override FINAL WHERE workspace_id = " + WORKSPACE
"""Whose the subjects are that are not people themselves, or not any more."""
_MOMENT: Final = "moment_of_act"
_NOBODY: Final = "toUUID('00000000-0000-0000-0000-000000000000')"


@dataclass(frozen=True, slots=True)
class Acts:
    """Rows of acts: a source with the columns `subject_id` and `occurred_at`, what must hold of them, and
    what is read of them.
    """

    source: str
    """`event AS e` or a subquery, alias `e`."""
    where: str
    columns: Mapping[str, str] = field(default_factory=dict)
    """SQL over `e` by the name that it gets."""


@dataclass(frozen=True, slots=True)
class Ending:
    """columns: of a tally beside `person`; having: which people stay."""

    having: str = "1"
    columns: Mapping[str, str] = field(default_factory=dict)


class Scope(Protocol):
    @property
    def through(self) -> Mapping[int, int] | None:
        """By shard, the last batch that may be read; None reads all that is stored."""

    def people(self, binder: Binder) -> tuple[str, str]:
        """(source with alias `p`, what must hold of its rows)."""

    def who_did(self, acts: Acts, binder: Binder, *, since_entry: bool) -> str:
        """A query for the people with such an act, in no order, some perhaps more than once."""

    def rows(self, acts: Acts, binder: Binder, *, since_entry: bool) -> str:
        """A query for each such act: `person`, and the columns of the acts."""

    def tally(
        self, acts: Acts, numbers: Mapping[str, str], ending: Ending, binder: Binder, *, since_entry: bool
    ) -> str:
        """A query for people by what their acts come to.

        numbers: aggregates over the columns of the acts, by name, made for each subject; ending: aggregates
        over those numbers, made for each person.
        """

    def values(self, binder: Binder) -> tuple[str, str]:
        """(source with alias `v` of present values, what must hold of its rows)."""

    def tables(self) -> list[External]:
        """What travels with the question; few rows stand in its text instead (`travelling`)."""


@dataclass(frozen=True, slots=True)
class Everyone:
    """All people of the workspace who count: not merged away, not excluded from numbers."""

    excluded: exclusions.Exclusions
    through: Mapping[int, int] | None = None

    def people(self, binder: Binder) -> tuple[str, str]:
        parts = [_of_workspace("p"), "p.gone = 0"]
        if self.excluded.emails:
            parts.append("p.email NOT IN " + binder.bind(sorted(self.excluded.emails), "Array(String)"))
        if self.excluded.domains:
            listed = binder.bind(sorted(self.excluded.domains), "Array(String)")
            parts.append("substring(p.email, position(p.email, '@') + 1) NOT IN " + listed)
        return "person AS p FINAL", both(parts)

    def who_did(self, acts: Acts, binder: Binder, *, since_entry: bool) -> str:
        return (
            "SELECT " + _PERSON + " FROM (SELECT e.subject_id AS subject_id FROM " + acts.source
            + " WHERE " + acts.where + ") AS a LEFT ANY JOIN (" + _OWNERS + ") AS o"
            " ON o.subject_id = a.subject_id"
        )  # fmt: skip

    def rows(self, acts: Acts, binder: Binder, *, since_entry: bool) -> str:
        return (
            "SELECT " + ", ".join([_PERSON + " AS person", *("a." + name for name in acts.columns)])
            + " FROM (" + _read(acts) + ") AS a LEFT ANY JOIN (" + _OWNERS + ") AS o"
            " ON o.subject_id = a.subject_id"
        )  # fmt: skip

    def tally(
        self, acts: Acts, numbers: Mapping[str, str], ending: Ending, binder: Binder, *, since_entry: bool
    ) -> str:
        # Most people have one subject, so that far fewer rows are joined when acts are summed up first.
        return (
            "SELECT " + _named({"person": _PERSON, **ending.columns})
            + " FROM (SELECT subject_id, " + _named(numbers) + " FROM (" + _read(acts)
            + ") GROUP BY subject_id) AS a LEFT ANY JOIN (" + _OWNERS + ") AS o"
            " ON o.subject_id = a.subject_id GROUP BY person HAVING " + ending.having
        )  # fmt: skip

    def values(self, binder: Binder) -> tuple[str, str]:
        return "person_value AS v FINAL", _of_workspace("v")

    def tables(self) -> list[External]:
        return []


@dataclass(frozen=True, slots=True)
class Among:
    """These people, by the mirrors. subjects: as of `subject_table`."""

    excluded: exclusions.Exclusions
    subjects: External
    through: Mapping[int, int] | None = None

    def people(self, binder: Binder) -> tuple[str, str]:
        source, where = Everyone(self.excluded).people(binder)
        return source + self._first("p", binder), where

    def who_did(self, acts: Acts, binder: Binder, *, since_entry: bool) -> str:
        return "SELECT person FROM (" + self.rows(acts, binder, since_entry=since_entry) + ")"

    def rows(self, acts: Acts, binder: Binder, *, since_entry: bool) -> str:
        here = both(["e.subject_id IN " + self._asked("subject_id", binder), acts.where])
        read = Acts(acts.source, here, {**acts.columns, _MOMENT: "e.occurred_at"})
        since = " WHERE a." + _MOMENT + " >= o.since" if since_entry else ""
        return (
            "SELECT " + ", ".join(["o.person_id AS person", *("a." + name for name in acts.columns)])
            + " FROM (" + _read(read) + ") AS a INNER JOIN " + travelling.source(self.subjects, binder)
            + " AS o ON o.subject_id = a.subject_id" + since
        )  # fmt: skip

    def tally(
        self, acts: Acts, numbers: Mapping[str, str], ending: Ending, binder: Binder, *, since_entry: bool
    ) -> str:
        return (
            "SELECT " + _named({"person": "person", **ending.columns}) + " FROM (SELECT person, "
            + _named(numbers) + " FROM (" + self.rows(acts, binder, since_entry=since_entry)
            + ") GROUP BY person) GROUP BY person HAVING " + ending.having
        )  # fmt: skip

    def values(self, binder: Binder) -> tuple[str, str]:
        return "person_value AS v FINAL" + self._first("v", binder), _of_workspace("v")

    def tables(self) -> list[External]:
        return [self.subjects]

    def _first(self, alias: str, binder: Binder) -> str:
        """Only these people's rows, looked for before FINAL merges versions: else it merges everybody's.

        Safe because people are part of the tables' order: all versions of a row stay or go together.
        """
        asked = alias + ".person_id IN " + self._asked("person_id", binder)
        return " PREWHERE " + both([_of_workspace(alias), asked])

    def _asked(self, column: str, binder: Binder) -> str:
        return travelling.values_of(self.subjects, column, binder)


@dataclass(frozen=True, slots=True)
class Asked:
    """These people as PostgreSQL has them now; excluded ones too, for a decision is no number.

    subjects, people_rows, value_rows: as of `subject_table`, `people_table`, `value_table`.
    """

    subjects: External
    people_rows: External
    value_rows: External
    through: Mapping[int, int] | None = None

    def people(self, binder: Binder) -> tuple[str, str]:
        return travelling.source(self.people_rows, binder) + " AS p", "1"

    def who_did(self, acts: Acts, binder: Binder, *, since_entry: bool) -> str:
        return self._among().who_did(acts, binder, since_entry=since_entry)

    def rows(self, acts: Acts, binder: Binder, *, since_entry: bool) -> str:
        return self._among().rows(acts, binder, since_entry=since_entry)

    def tally(
        self, acts: Acts, numbers: Mapping[str, str], ending: Ending, binder: Binder, *, since_entry: bool
    ) -> str:
        return self._among().tally(acts, numbers, ending, binder, since_entry=since_entry)

    def values(self, binder: Binder) -> tuple[str, str]:
        return travelling.source(self.value_rows, binder) + " AS v", "1"

    def tables(self) -> list[External]:
        return [self.subjects, self.people_rows, self.value_rows]

    def _among(self) -> Among:
        return Among(NOBODY_EXCLUDED, self.subjects)


def subject_table(
    subjects: Sequence[tuple[UUID, UUID]], since: Mapping[UUID, datetime] | None = None
) -> External:
    """(subject, person) pairs, the people themselves included; since: when each entered, for windows
    since entry.
    """
    entered = since or {}
    return External(
        "asked_subject",
        {
            "subject_id": ("UUID", [subject_id for subject_id, _person in subjects]),
            "person_id": ("UUID", [person_id for _subject, person_id in subjects]),
            "since": (
                "DateTime64(3, 'UTC')",
                [clock.to_ms(entered.get(person_id, clock.EPOCH)) for _subject, person_id in subjects],
            ),
        },
    )


def people_table(columns: Mapping[str, tuple[str, Sequence[object]]]) -> External:
    """Columns of the mirror by name: (type, values)."""
    return External("asked_person", columns)


def value_table(rows: Sequence[tuple[str, str, UUID, str, float]]) -> External:
    """Present values: kind, ref, person, value, number."""
    return External(
        "asked_value",
        {
            "kind": ("String", [row[0] for row in rows]),
            "ref": ("String", [row[1] for row in rows]),
            "person_id": ("UUID", [row[2] for row in rows]),
            "value": ("String", [row[3] for row in rows]),
            "number": ("Float64", [row[4] for row in rows]),
        },
    )


def _read(acts: Acts) -> str:
    columns = {"subject_id": "e.subject_id", **acts.columns}
    return "SELECT " + _named(columns) + " FROM " + acts.source + " WHERE " + acts.where


def _named(columns: Mapping[str, str]) -> str:
    return ", ".join(sql + " AS " + name for name, sql in columns.items())


def _of_workspace(alias: str) -> str:
    return alias + ".workspace_id = " + WORKSPACE


_PERSON: Final = "if(o.person_id = " + _NOBODY + ", a.subject_id, o.person_id)"
NOBODY_EXCLUDED: Final = exclusions.Exclusions(frozenset(), frozenset())
