-- Deals brought from elsewhere.
INSERT INTO deal (id, workspace_id, external_key, person_id, company_id, name, line, phase, amount, owner_id,
                  opened_at, phase_since, expected_on, outcome, closed_at, lost_reason, hand_over_id, version)
SELECT n.id, %(workspace)s, n.key, n.person, n.company, n.name, n.line, n.phase, n.amount, n.owner, n.opened,
       n.since, n.expected, n.outcome, n.closed, n.lost_reason, n.hand_over, 1
FROM unnest(%(id)s::bigint[], %(keys)s::text[], %(person_id)s::uuid[], %(company_id)s::bigint[], %(name)s::text[],
            %(line)s::text[], %(phase)s::text[], %(amount)s::bigint[], %(owner_id)s::bigint[],
            %(opened_at)s::timestamptz[], %(phase_since)s::timestamptz[], %(expected_on)s::date[],
            %(outcome)s::text[], %(closed_at)s::timestamptz[], %(lost_reason)s::text[], %(hand_over_id)s::bigint[])
     AS n(id, key, person, company, name, line, phase, amount, owner, opened, since, expected, outcome, closed,
          lost_reason, hand_over)
ORDER BY n.id
