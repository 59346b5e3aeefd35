-- Let people in for a cause; the re-entry rule and the unique cause decide who. One cause enters once.
INSERT INTO enrolment (workspace_id, journey_id, version_id, person_id, cause, node, due_at, entered_at, arrived_at,
                       hops)
SELECT DISTINCT ON (CASE %(reentry)s WHEN 'every_time' THEN n.cause ELSE n.person::text END, n.person)
       %(workspace)s, %(journey)s, %(version)s, n.person, n.cause, %(node)s, n.at, n.at, n.at, n.hops
FROM unnest(%(people)s::uuid[], %(causes)s::text[], %(ats)s::timestamptz[], %(hops)s::smallint[])
     AS n(person, cause, at, hops)
WHERE NOT EXISTS (
    SELECT 1 FROM enrolment e
    WHERE e.journey_id = %(journey)s AND e.person_id = n.person
      AND (e.is_active OR CASE %(reentry)s
               WHEN 'once' THEN true
               WHEN 'after_days' THEN e.entered_at > n.at - %(gap)s
               ELSE false END))
ORDER BY CASE %(reentry)s WHEN 'every_time' THEN n.cause ELSE n.person::text END, n.person, n.at
ON CONFLICT (journey_id, person_id, cause) DO NOTHING
RETURNING id, person_id, entered_at, cause, hops
