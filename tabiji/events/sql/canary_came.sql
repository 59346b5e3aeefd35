-- The test event can be read since its batch was closed: that is the lag.
UPDATE event_canary
SET read_at = coalesce(%(closed_at)s::timestamptz, clock_timestamp()),
    came_at = coalesce(%(closed_at)s::timestamptz, clock_timestamp()),
    lag_ms = extract(epoch FROM coalesce(%(closed_at)s::timestamptz, clock_timestamp()) - sent_at) * 1000
WHERE workspace_id = %(workspace)s AND message_id = %(message)s
