"""The KPI tree: targets up to the KGI, where each stands, what is missing, and exactly who is behind it.

A line counts the conversions of its key within its period. A line with a part takes its share of its
parent's conversions where it counts the same ones, else of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from psycopg.types.json import Jsonb

from tabiji.core import postgres
from tabiji.purpose import conversions, parts, periods, reading
from tabiji.purpose.compiling import Parameters
from tabiji.purpose.contracts import Counted, KpiInfo, KpiLine, Measure, Period
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, definitions

KIND: Final = "kpi"
_COLUMNS: Final = (
    "k.definition_id, k.parent_id, k.position, k.labels, k.conversion, k.measure, k.part, k.target, k.period_id,"
    " d.why, d.responsible_id, d.review_on, d.state"
)
_FROM: Final = " FROM kpi k JOIN definition d ON d.id = k.definition_id"


class NoSuchKpi(LookupError):
    """No KPI of this id in this workspace."""


class BadKpi(ValueError):
    """A KPI that cannot be counted: what was wrong."""


def create(
    label: str,
    *,
    conversion: str,
    target: float,
    period_id: int,
    actor: Actor,
    label_en: str = "",
    parent_id: int | None = None,
    measure: Measure = "conversions",
    part: dict[str, Any] | None = None,
    why: str = "",
    responsible_id: int | None = None,
    review_on: date | None = None,
) -> int:
    """Add a line below its parent's others (or a root: the KGI first).

    label, label_en: Japanese and English. measure: conversions, people (each once) or value (yen).
    part: see `parts`. Raises BadKpi, conversions.NoSuchConversion, periods.NoSuchPeriod.
    """
    conversions.get(conversion)
    periods.get(period_id)
    if part is not None and str(part.get("kind", "")) not in parts.parts:
        raise BadKpi(f"{label}: no part of a KPI is called {part.get('kind')!r}")
    made = definitions.create(
        KIND,
        name=label,
        actor=actor,
        why=why,
        kpi_id=parent_id,
        responsible_id=responsible_id,
        review_on=review_on,
        state="running",
    )
    postgres.execute(
        "INSERT INTO kpi (definition_id, workspace_id, parent_id, position, labels, conversion, measure, part,"
        " target, period_id) SELECT %s, %s, %s, coalesce(max(position) + 1, 0), %s, %s, %s, %s, %s, %s"
        " FROM kpi WHERE parent_id IS NOT DISTINCT FROM %s",
        [
            made,
            postgres.workspace_id(),
            parent_id,
            Jsonb({"ja": label, "en": label_en}),
            conversion,
            measure,
            None if part is None else Jsonb(part),
            target,
            period_id,
            parent_id,
        ],
    )
    return made


def set_target(kpi_id: int, target: float, *, actor: Actor) -> None:
    """Raises NoSuchKpi."""
    if not postgres.execute("UPDATE kpi SET target = %s WHERE definition_id = %s", [target, kpi_id]):
        raise NoSuchKpi(f"there is no KPI {kpi_id} here")
    audit.record(actor, "change", KIND, kpi_id, values={"target": target})


def change(kpi_id: int, *, label: str, label_en: str, target: float, period_id: int, actor: Actor) -> None:
    """Another name, target or period of a line. Raises NoSuchKpi, periods.NoSuchPeriod."""
    periods.get(period_id)
    changed = postgres.execute(
        "UPDATE kpi SET labels = %s, target = %s, period_id = %s WHERE definition_id = %s",
        [Jsonb({"ja": label, "en": label_en}), target, period_id, kpi_id],
    )
    if not changed:
        raise NoSuchKpi(f"there is no KPI {kpi_id} here")
    definitions.update(kpi_id, actor=actor, name=label)
    audit.record(actor, "change", KIND, kpi_id, values={"target": target, "period": period_id})


def get(kpi_id: int) -> KpiInfo:
    """Raises NoSuchKpi."""
    for found in list_all():
        if found.id == kpi_id:
            return found
    raise NoSuchKpi(f"there is no KPI {kpi_id} here")


def list_all() -> list[KpiInfo]:
    """Every line that is not archived, parents' order first."""
    rows = postgres.rows(
        "SELECT " + _COLUMNS + _FROM + " WHERE d.state <> 'archived' ORDER BY k.position, k.definition_id"
    )
    known = periods.get_many({row[8] for row in rows})
    return [_info(row, known) for row in rows]


def tree() -> list[KpiLine]:
    """The whole tree with where each line stands; roots in order, the KGI first.

    Raises core.clickhouse.ClickHouseResting.
    """
    lines = list_all()
    counting = _Counting(lines)
    return [counting.line(kpi) for kpi in lines if kpi.parent_id is None]


def get_line(kpi_id: int) -> KpiLine:
    """Where one line stands, without its children: one question. Raises NoSuchKpi, ClickHouseResting."""
    lines = list_all()
    for kpi in lines:
        if kpi.id == kpi_id:
            return _Counting(lines).alone(kpi)
    raise NoSuchKpi(f"there is no KPI {kpi_id} here")


def behind(kpi_id: int) -> list[Counted]:
    """Exactly the conversions behind a line, oldest first; `people` keeps each person's first.

    As many as the line says (for `value`: those whose values sum up to it). Raises NoSuchKpi.
    """
    lines = list_all()
    for kpi in lines:
        if kpi.id == kpi_id:
            return _Counting(lines).behind(kpi)
    raise NoSuchKpi(f"there is no KPI {kpi_id} here")


def unassigned(kpi_id: int) -> list[Counted]:
    """Exactly the conversions of a line that none of its parts took, oldest first. Raises NoSuchKpi."""
    lines = list_all()
    for kpi in lines:
        if kpi.id == kpi_id:
            return _Counting(lines).unassigned(kpi)
    raise NoSuchKpi(f"there is no KPI {kpi_id} here")


class _Counting:
    """One reading of the tree: plain lines in one question, divided ones conversion by conversion."""

    def __init__(self, lines: Sequence[KpiInfo]) -> None:
        self._lines = {kpi.id: kpi for kpi in lines}
        self._children: dict[int, list[KpiInfo]] = {}
        for kpi in lines:
            if kpi.parent_id is not None:
                self._children.setdefault(kpi.parent_id, []).append(kpi)
        self._rows: dict[tuple[str, int], list[Counted]] = {}
        self._shares: dict[int, list[Counted]] = {}
        self._totals: dict[int, float] | None = None

    def line(self, kpi: KpiInfo) -> KpiLine:
        actual = self._actual(kpi)
        children = tuple(self.line(child) for child in self._children.get(kpi.id, ()))
        return KpiLine(
            kpi, actual, actual - kpi.target, measured(self.unassigned(kpi), kpi.measure), children
        )

    def alone(self, kpi: KpiInfo) -> KpiLine:
        actual = self._actual(kpi)
        return KpiLine(kpi, actual, actual - kpi.target)

    def behind(self, kpi: KpiInfo) -> list[Counted]:
        return _of_measure(self._share(kpi), kpi)

    def _actual(self, kpi: KpiInfo) -> float:
        if kpi.part is None and not self._divided(kpi):
            return self._plain_totals()[kpi.id]
        return measured(self.behind(kpi), kpi.measure)

    def unassigned(self, kpi: KpiInfo) -> list[Counted]:
        divided = self._divided(kpi)
        if not divided:
            return []
        taken = {(one.key, one.cause) for child in divided for one in self._share(child)}
        return _of_measure([one for one in self._share(kpi) if (one.key, one.cause) not in taken], kpi)

    def _share(self, kpi: KpiInfo) -> list[Counted]:
        if kpi.id not in self._shares:
            parent = self._lines.get(kpi.parent_id) if kpi.parent_id is not None else None
            if kpi.part is None:
                self._shares[kpi.id] = self._all(kpi)
            elif parent is not None and kpi in self._divided(parent):
                self._divide(parent)
            else:
                rows = self._all(kpi)
                places = parts.take(kpi.part, rows, kpi.period)
                self._shares[kpi.id] = [rows[place] for place in sorted(places)]
        return self._shares[kpi.id]

    def _divide(self, parent: KpiInfo) -> None:
        left = self._share(parent)
        for child in self._divided(parent):
            assert child.part is not None
            places = parts.take(child.part, left, child.period)
            self._shares[child.id] = [one for place, one in enumerate(left) if place in places]
            left = [one for place, one in enumerate(left) if place not in places]

    def _divided(self, kpi: KpiInfo) -> list[KpiInfo]:
        """The children that share this line's conversions among them."""
        return [
            child
            for child in self._children.get(kpi.id, ())
            if child.part is not None
            and child.conversion == kpi.conversion
            and child.period.id == kpi.period.id
        ]

    def _all(self, kpi: KpiInfo) -> list[Counted]:
        place = (kpi.conversion, kpi.period.id)
        if place not in self._rows:
            self._rows[place] = conversions.counted(kpi.conversion, kpi.period)
        return self._rows[place]

    def _plain_totals(self) -> dict[int, float]:
        if self._totals is None:
            plain = [kpi for kpi in self._lines.values() if kpi.part is None and not self._divided(kpi)]
            self._totals = _totals(plain)
        return self._totals


def measured(rows: Iterable[Counted], measure: Measure) -> float:
    """What these conversions come to."""
    match measure:
        case "conversions":
            return float(sum(1 for _ in rows))
        case "people":
            return float(len({one.person_id for one in rows}))
        case "value":
            return sum(one.value for one in rows)


def _of_measure(rows: list[Counted], kpi: KpiInfo) -> list[Counted]:
    """All of them; where people are counted, the first of each."""
    if kpi.measure != "people":
        return rows
    first: dict[Any, Counted] = {}
    for one in rows:
        first.setdefault(one.person_id, one)
    return list(first.values())


def _totals(lines: Sequence[KpiInfo]) -> dict[int, float]:
    """Several lines in one question."""
    if not lines:
        return {}
    params = Parameters()
    columns = []
    for kpi in lines:
        counts = (
            "key = "
            + params.bind(kpi.conversion, "String")
            + " AND at >= "
            + params.bind(kpi.period.start_ms, "Int64")
            + " AND at < "
            + params.bind(kpi.period.end_ms, "Int64")
        )
        columns.append("toFloat64(" + _MEASURES[kpi.measure] + counts + "))")
    statement = "SELECT [" + ", ".join(columns) + "] AS totals FROM conversions"
    ((totals,),) = reading.rows(statement, params.values, keys=sorted({kpi.conversion for kpi in lines}))
    return {kpi.id: total for kpi, total in zip(lines, totals, strict=True)}


def _info(row: Sequence[Any], known: Mapping[int, Period]) -> KpiInfo:
    values = list(row)
    values[8] = known[values[8]]
    return KpiInfo(*values)


_MEASURES: Final[Mapping[Measure, str]] = {
    "conversions": "countIf(",
    "people": "uniqExactIf(who, ",
    "value": "sumIf(value, ",
}
