"""The four reference audiences in SQL written by hand, each as fast as it was found to be.

Same tables, same people: not merged away, no excluded domain, acts of a browser counted for whom it
became known as, machines left out. Values stand in the text, as a person would write them.
"""

from __future__ import annotations

from tabiji.core import clickhouse


def count(name: str, workspace_id: int, list_id: int) -> int:
    found: int = clickhouse.store().scalar(_SQL[name], {"ws": workspace_id, "list": str(list_id)})
    return found


PEOPLE = """
FROM person FINAL
WHERE workspace_id = {ws:UInt32} AND gone = 0 AND NOT endsWith(email, '@example7.co.jp')
"""
OWNER = "if(o.person_id = toUUID('00000000-0000-0000-0000-000000000000'), e.subject_id, o.person_id)"
OWNERS = """
ANY LEFT JOIN (SELECT subject_id, person_id FROM identity_override FINAL WHERE workspace_id = {ws:UInt32}) AS o
USING (subject_id)
"""

_SQL = {
    "who they are": f"""
        SELECT count() {PEOPLE}
          AND title IN ('部長', '課長') AND department != '開発部'
          AND ifNull(fields.budget.:Int64, 0) >= 1000000
          AND person_id IN (
            SELECT person_id FROM person_value FINAL
            WHERE workspace_id = {{ws:UInt32}} AND kind = 'consent' AND ref = 'mail/marketing' AND value = 'granted')
          AND person_id NOT IN (
            SELECT person_id FROM person_value FINAL
            WHERE workspace_id = {{ws:UInt32}} AND kind = 'list' AND ref = {{list:String}} AND value = '1')
    """,
    "what they did": f"""
        SELECT count() {PEOPLE}
          AND person_id IN (
            SELECT {OWNER} AS person
            FROM (
                SELECT subject_id, count() AS n FROM event
                WHERE workspace_id = {{ws:UInt32}} AND name = 'page_viewed' AND machine = ''
                  AND occurred_at >= '2025-10-29 15:00:00' AND startsWith(path, '/pricing')
                  AND props.line.:String = 'おまかせ'
                GROUP BY subject_id
            ) AS e {OWNERS}
            GROUP BY person HAVING sum(n) >= 2)
          AND person_id NOT IN (
            SELECT {OWNER}
            FROM (
                SELECT subject_id FROM event
                WHERE workspace_id = {{ws:UInt32}} AND name = 'form_submitted' AND machine = ''
            ) AS e {OWNERS})
    """,
    "both": f"""
        SELECT count() {PEOPLE}
          AND (score >= 60 OR stage IN ('mql', 'sql'))
          AND person_id IN (
            SELECT {OWNER}
            FROM (
                SELECT subject_id FROM event
                WHERE workspace_id = {{ws:UInt32}} AND name IN ('click_judged', 'form_submitted') AND machine = ''
                  AND (name = 'click_judged' AND occurred_at >= '2026-04-13 15:00:00' AND props.verdict.:String = 'human'
                    OR name = 'form_submitted' AND occurred_at >= '2026-01-27 15:00:00' AND props.link_number.:Int64 = 3)
            ) AS e {OWNERS})
          AND person_id NOT IN (
            SELECT person_id FROM person_value FINAL
            WHERE workspace_id = {{ws:UInt32}} AND kind = 'consent' AND ref = 'mail/marketing' AND value = 'withdrawn')
    """,
    "silence": f"""
        SELECT count() {PEOPLE}
          AND source = '検索'
          AND person_id IN (
            SELECT {OWNER} AS person
            FROM (
                SELECT subject_id, countIf(name = 'page_viewed') AS views, countIf(occurred_at >= '2026-02-26 15:00:00') AS recent
                FROM event
                WHERE workspace_id = {{ws:UInt32}} AND machine = ''
                  AND (name = 'page_viewed'
                    OR name IN ('click_judged', 'form_submitted') AND occurred_at >= '2026-02-26 15:00:00')
                GROUP BY subject_id
            ) AS e {OWNERS}
            GROUP BY person HAVING sum(views) >= 10 AND sum(recent) = 0)
    """,
}
