-- In what the events of a batch differ from their rules, added to today's counts (sorted, so that two streams never deadlock).
INSERT INTO event_warning (workspace_id, name, day, reason, property, count)
SELECT %(workspace)s, n.name, current_date, n.reason, n.property, n.count
FROM unnest(%(names)s::text[], %(reasons)s::text[], %(properties)s::text[], %(counts)s::bigint[])
    AS n(name, reason, property, count)
ON CONFLICT (workspace_id, name, day, reason, property) DO UPDATE
SET count = event_warning.count + excluded.count, last_at = clock_timestamp()
