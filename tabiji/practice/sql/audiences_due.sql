-- Audiences that may have changed at this moment, resting or not; one that failed rests until its time.
SELECT a.id
FROM audience a
JOIN definition d ON d.id = a.id AND d.state <> 'archived'
WHERE (a.error = '' OR a.not_before <= statement_timestamp())
  AND (a.touches > a.seen_touches OR a.version <> a.refreshed_version OR a.through IS NULL
       OR a.next_window_at <= %(now)s OR a.exclusions <> exclusions_digest(a.workspace_id))
ORDER BY a.id
