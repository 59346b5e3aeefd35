-- A refused event of the past is still one when it is sent again.
ALTER TABLE event_reject ADD COLUMN is_history boolean NOT NULL DEFAULT false;
