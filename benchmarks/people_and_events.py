"""A million people and ten million events, made inside ClickHouse: the same ones each time.

Like an installation after a year: events in twelve months; half of them under browsers that became
known since (400,000 of them), a third under people, the rest under visitors who stayed unknown; the
acts spread unevenly; a twentieth of the people changed since they were first written.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime

from benchmarks import harness
from tabiji.core import clickhouse

NOW = datetime(2026, 4, 28, 5, 0, tzinfo=UTC)
_MONTHS = 12


def load_as(name: str, *, people: int = 1_000_000, events: int = 10_000_000) -> tuple[int, int]:
    """A new workspace with its fields, a list, an exclusion and all the facts: (its id, the list's)."""
    from tabiji.core import postgres
    from tabiji.people.public import exclusions, fields, lists
    from tabiji.workspaces.contracts import AUTOMATIC
    from tabiji.workspaces.public import workspace

    made = workspace.create(name, name=name, shards=1)
    with postgres.workspace_scope(made.id):
        fields.create("budget", label="予算", type="money")
        fields.create("industry", label="業種", type="text")
        list_id = lists.create("名簿", actor=AUTOMATIC)
        exclusions.add("domain", "example7.co.jp")
    took = harness.seconds(lambda: load(made.id, list_id=list_id, people=people, events=events))
    print(f"loaded {people:,} people and {events:,} events in {took:.0f} s", file=sys.stderr)
    return made.id, list_id


def load(workspace_id: int, *, list_id: int, people: int = 1_000_000, events: int = 10_000_000) -> None:
    """Fill `person`, `person_value`, `identity_override` and `event` of a workspace."""
    store = clickhouse.store()
    params = {"ws": workspace_id, "people": people, "list": str(list_id), "known": people * 2 // 5}
    store.command(_PEOPLE, params, timeout_s=1_800)
    store.command(_CHANGED_PEOPLE, params, timeout_s=1_800)
    store.command(_KNOWN, params, timeout_s=1_800)
    store.command(_CONSENT, params, timeout_s=1_800)
    store.command(_LISTED, params, timeout_s=1_800)
    for month in range(_MONTHS):
        store.command(_EVENTS, params | {"month": month, "number": events // _MONTHS}, timeout_s=1_800)
    _wait_for_merges(store)


def _wait_for_merges(store: clickhouse.ClickHouse) -> None:
    """Until the engine has settled: merges of the load are no part of a question."""
    quiet = 0
    while quiet < 3:
        quiet = 0 if store.scalar("SELECT count() FROM system.merges", lane="writer") else quiet + 1
        time.sleep(1)


_PEOPLE = """
INSERT INTO person
SELECT {ws:UInt32}, 0, 1 + intDiv(number, 5000), number % 5000,
    reinterpretAsUUID(sipHash128('p', number)), 1, number % 200 = 7,
    toDateTime64('2025-05-01 00:00:00', 3, 'UTC') + toIntervalSecond(number * 31),
    if(number % 4 = 0, NULL, toDateTime64('2026-04-28 00:00:00', 3, 'UTC') - toIntervalMinute(sipHash64(number) % 500000)),
    '佐藤', '美咲', 'サトウ', 'ミサキ',
    concat('user', toString(number), '@example', toString(number % 5000), '.co.jp'),
    concat('+8190', leftPad(toString(number), 8, '0')),
    number % 20000 + 1, concat('株式会社', toString(number % 20000)),
    ['製造', '小売', 'IT', '医療'][1 + number % 4], 5 + number % 20000,
    ['営業部', '総務部', '開発部', '情報システム部', '経営企画室'][1 + sipHash64(number, 1) % 5],
    ['部長', '課長', '主任', '担当', '代表取締役'][1 + sipHash64(number, 2) % 5],
    sipHash64(number, 9) % 30, ['検索', '紹介', '展示会', '広告'][1 + sipHash64(number, 3) % 4],
    ['', 'lead', 'mql', 'sql', 'customer'][1 + sipHash64(number, 4) % 5], sipHash64(number, 5) % 120,
    concat('{"budget":', toString(sipHash64(number, 6) % 50 * 100000), ',"industry":"',
        ['製造', '小売', 'IT', '医療'][1 + sipHash64(number, 7) % 4], '"}')::JSON(max_dynamic_paths = 512)
FROM numbers({people:UInt64})
"""
_CHANGED_PEOPLE = """
INSERT INTO person
SELECT * REPLACE (batch_id + 1000 AS batch_id, version + 1 AS version, score + 10 AS score)
FROM person WHERE workspace_id = {ws:UInt32} AND sipHash64(person_id) % 20 = 0
"""
_KNOWN = """
INSERT INTO identity_override
SELECT {ws:UInt32}, 0, 1 + intDiv(number, 20000), number % 20000,
    reinterpretAsUUID(sipHash128('s', number)), reinterpretAsUUID(sipHash128('p', number)), 1
FROM numbers({known:UInt64})
"""
_CONSENT = """
INSERT INTO person_value
SELECT {ws:UInt32}, 0, 1 + intDiv(number, 20000), number % 20000, 'consent', 'mail/marketing',
    reinterpretAsUUID(sipHash128('p', number)), if(number % 10 = 0, 'withdrawn', 'granted'), 0,
    toDateTime64('2026-01-01 00:00:00', 3, 'UTC'), 1
FROM numbers(intDiv({people:UInt64} * 7, 10))
"""
_LISTED = """
INSERT INTO person_value
SELECT {ws:UInt32}, 0, 1, number, 'list', {list:String}, reinterpretAsUUID(sipHash128('p', number * 37)),
    if(number % 10 = 0, '', '1'), 1, toDateTime64('2026-01-01 00:00:00', 3, 'UTC'), 1
FROM numbers(intDiv({people:UInt64}, 50))
"""
_EVENTS = """
INSERT INTO event
SELECT {ws:UInt32}, 0, 1 + intDiv(n, 20000), n % 20000, toString(n),
    multiIf(h % 10 < 5, reinterpretAsUUID(sipHash128('s', k)),
            h % 10 < 8, reinterpretAsUUID(sipHash128('p', k)),
            reinterpretAsUUID(sipHash128('s', 10000000 + k))),
    'track', name, at, at + toIntervalSecond(1), if(sipHash64(n, 1) % 25 = 0, 'crawler', ''),
    toString(intDiv(n, 4)), concat('https://example.jp', page), page, 'タイトル', '',
    if(name = 'page_viewed', 'web', 'mail'), 0,
    if(name = 'page_viewed',
       concat('{"line":"', ['おまかせ', 'セルフ', '相談'][1 + sipHash64(n, 9) % 3], '","seconds":', toString(sipHash64(n, 3) % 300), '}'),
       concat('{"mail_id":', toString(sipHash64(n, 4) % 50), ',"verdict":"', if(sipHash64(n, 10) % 5 = 0, 'machine', 'human'),
              '","link_number":', toString(sipHash64(n, 5) % 5), '}'))::JSON(max_dynamic_paths = 512)
FROM (
    SELECT number + {month:UInt64} * {number:UInt64} AS n, sipHash64(n, 77) AS h,
        toUInt64(pow((sipHash64(n, 8) % 1000000) / 1000000, 1.7) * {people:UInt64} / 2) AS k,
        ['page_viewed', 'page_viewed', 'page_viewed', 'page_viewed', 'page_viewed', 'page_viewed',
         'mail_opened', 'mail_opened', 'click_judged', 'form_submitted'][1 + sipHash64(n, 2) % 10] AS name,
        ['/', '/pricing/', '/cases/', '/compare/', '/blog/', '/docs/', '/about/', '/news/'][1 + sipHash64(n, 6) % 8] AS page,
        toDateTime64('2025-05-03 00:00:00', 3, 'UTC') + toIntervalDay({month:UInt64} * 30)
            + toIntervalSecond(sipHash64(n, 7) % 2592000) AS at
    FROM numbers({number:UInt64})
)
"""
