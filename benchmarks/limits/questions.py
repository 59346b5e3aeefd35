"""The 24 reference questions in SQL written by hand, each as fast as it was found to be.

Same tables, same people: not merged away, no excluded domain, acts of a browser counted for whom it
became known as, machines left out. Values stand in the text, as a person would write them; today is
28 April 2026 in Tokyo.
"""

from __future__ import annotations

from benchmarks.limits.audience import OWNER, OWNERS, PEOPLE
from tabiji.core import clickhouse


def count(name: str, workspace_id: int, list_id: int) -> int:
    found: int = clickhouse.store().scalar(SQL[name], {"ws": workspace_id, "list": str(list_id)})
    return found


def _midnight(days_ago: int) -> str:
    """The local beginning of a day, as SQL."""
    return f"(toDateTime64('2026-04-27 15:00:00', 3, 'UTC') - toIntervalDay({days_ago}))"


def _acts(name: str, where: str = "1", columns: str = "") -> str:
    more = ", " + columns if columns else ""
    return (
        f"SELECT subject_id{more} FROM event WHERE workspace_id = {{ws:UInt32}} AND name = '{name}'"
        f" AND machine = '' AND {where}"
    )


def _doers(acts: str) -> str:
    return f"SELECT {OWNER} FROM ({acts}) AS e {OWNERS}"


def _grouped(acts: str, having: str, columns: str = "") -> str:
    """acts: grouped by subject; having: over the sums of persons."""
    more = ", " + columns if columns else ""
    return f"SELECT {OWNER} AS person{more} FROM ({acts} GROUP BY subject_id) AS e {OWNERS} GROUP BY person HAVING {having}"


def _people(*conditions: str) -> str:
    return "SELECT count() " + PEOPLE + "".join(" AND " + condition for condition in conditions)


def _is(people: str) -> str:
    return f"person_id IN ({people})"


def _is_not(people: str) -> str:
    return f"person_id NOT IN ({people})"


_SINCE_180 = f"occurred_at >= {_midnight(180)}"
_PRICING = "startsWith(path, '/pricing')"
_HUMAN = "props.verdict.:String = 'human'"
_SECONDS = "props.seconds.:Int64"
_CONSENTED = (
    "SELECT person_id FROM person_value FINAL WHERE workspace_id = {ws:UInt32} AND kind = 'consent'"
    " AND ref = 'mail/marketing' AND value = 'granted'"
)
_LISTED = (
    "SELECT person_id FROM person_value FINAL WHERE workspace_id = {ws:UInt32} AND kind = 'list'"
    " AND ref = {list:String} AND value = '1'"
)
_THREE = f"""
SELECT subject_id FROM event
WHERE workspace_id = {{ws:UInt32}} AND name IN ('click_judged', 'form_submitted', 'mail_opened') AND machine = ''
  AND (name = 'click_judged' AND occurred_at >= {_midnight(14)} AND {_HUMAN}
    OR name = 'form_submitted' AND occurred_at >= {_midnight(90)}
    OR name = 'mail_opened' AND occurred_at >= {_midnight(7)})
"""
_FUNNEL = f"""
SELECT person FROM (
    SELECT {OWNER} AS person, name, at
    FROM (
        SELECT subject_id, name, toUInt64(toUnixTimestamp64Milli(occurred_at)) AS at FROM event
        WHERE workspace_id = {{ws:UInt32}} AND machine = ''
          AND (name = 'click_judged' AND {_HUMAN} OR name = 'form_submitted')
    ) AS e {OWNERS}
)
GROUP BY person
HAVING windowFunnel(259200000, 'strict_increase')(at, name = 'click_judged', name = 'form_submitted') = 2
"""
_CLICKED_LAST = f"""
SELECT person FROM (
    SELECT {OWNER} AS person, clicked, submitted
    FROM (
        SELECT subject_id, maxIf(occurred_at, name = 'click_judged' AND {_HUMAN}) AS clicked,
            maxIf(occurred_at, name = 'form_submitted') AS submitted
        FROM event
        WHERE workspace_id = {{ws:UInt32}} AND name IN ('click_judged', 'form_submitted') AND machine = ''
        GROUP BY subject_id
    ) AS e {OWNERS}
)
GROUP BY person HAVING max(clicked) > toDateTime64(0, 3, 'UTC') AND max(submitted) <= max(clicked)
"""
_RANKED = f"""
SELECT person FROM (
    SELECT person, rank() OVER (ORDER BY seconds DESC) AS place, count() OVER () AS everybody
    FROM ({_grouped(_acts("page_viewed", _SINCE_180, f"sum({_SECONDS}) AS part"), "sum(part) > 0", "sum(part) AS seconds")})
    WHERE person IN (SELECT person_id {PEOPLE})
) WHERE place <= ceil(everybody / 100)
"""

SQL = {
    "everyone": _people(),
    "job and department": _people("title IN ('部長', '課長')", "department != '開発部'"),
    "budget and consent": _people("ifNull(fields.budget.:Int64, 0) >= 1000000", _is(_CONSENTED)),
    "score, not on a list": _people("score >= 60", _is_not(_LISTED)),
    "trait of the company": _people("company_industry = '製造'", "company_employees < 100"),
    "silent for 90 days": _people(f"last_act_at < {_midnight(90)}"),
    "anniversary in 7 days": _people(
        "formatDateTime(created_at, '%m-%d', 'Asia/Tokyo') IN"
        " ('04-28', '04-29', '04-30', '05-01', '05-02', '05-03', '05-04', '05-05')"
    ),
    "viewed pricing": _people(
        _is(_doers(_acts("page_viewed", f"occurred_at >= {_midnight(30)} AND {_PRICING}")))
    ),
    "viewed pricing 3 times": _people(
        _is(_grouped(_acts("page_viewed", f"{_SINCE_180} AND {_PRICING}", "count() AS n"), "sum(n) >= 3"))
    ),
    "never submitted": _people(_is_not(_doers(_acts("form_submitted")))),
    "clicked, did not submit": _people(
        _is(_doers(_acts("click_judged", f"occurred_at >= {_midnight(60)} AND {_HUMAN}"))),
        _is_not(_doers(_acts("form_submitted"))),
    ),
    "one of three acts": _people(_is(_doers(_THREE))),
    "many views and silence": _people(
        _is(
            _grouped(
                _acts(
                    "page_viewed", columns=f"count() AS n, countIf(occurred_at >= {_midnight(60)}) AS recent"
                ),
                "sum(n) >= 10 AND sum(recent) = 0",
            )
        )
    ),
    "last month only": _people(
        _is(
            _doers(
                _acts(
                    "page_viewed",
                    "occurred_at >= toDateTime64('2026-02-28 15:00:00', 3, 'UTC')"
                    " AND occurred_at < toDateTime64('2026-03-31 15:00:00', 3, 'UTC')",
                )
            )
        )
    ),
    "90 to 60 days ago": _people(
        _is(
            _doers(
                _acts("form_submitted", f"occurred_at >= {_midnight(90)} AND occurred_at < {_midnight(59)}")
            )
        )
    ),
    "sum of seconds": _people(
        _is(_grouped(_acts("page_viewed", _SINCE_180, f"sum({_SECONDS}) AS part"), "sum(part) >= 1500"))
    ),
    "average of seconds": _people(
        _is(
            _grouped(
                _acts("page_viewed", _SINCE_180, f"sum({_SECONDS}) AS part, count({_SECONDS}) AS n"),
                "sum(part) / sum(n) > 200",
            )
        )
    ),
    "different mails": _people(
        _is(
            _grouped(
                _acts("click_judged", columns="uniqExactState(props.mail_id.:Int64) AS mails"),
                "uniqExactMerge(mails) >= 3",
            )
        )
    ),
    "active days": _people(
        _is(
            _grouped(
                _acts("page_viewed", _SINCE_180, "uniqExactState(toDate(occurred_at, 'Asia/Tokyo')) AS days"),
                "uniqExactMerge(days) >= 5",
            )
        )
    ),
    "first act lately": _people(
        _is(
            _grouped(
                _acts("form_submitted", columns="min(occurred_at) AS began"), f"min(began) >= {_midnight(90)}"
            )
        )
    ),
    "last page was pricing": _people(
        _is(
            _grouped(
                _acts(
                    "page_viewed",
                    columns=f"argMax({_PRICING}, occurred_at) AS priced, max(occurred_at) AS latest",
                ),
                "argMax(priced, latest)",
            )
        )
    ),
    "viewed, then submitted": _people(_is(_FUNNEL)),
    "nothing sent in since the last click": _people(_is(_CLICKED_LAST)),
    "top 1 % by seconds": _people(_is(_RANKED)),
}
