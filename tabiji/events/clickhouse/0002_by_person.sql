-- The line of one person reads both tables by whose rows they are, which their order does not serve: a filter for each
-- granule lets it pass over nearly all of them (10 M events and 5 M changes: 150 ms before, 55 ms with it).
ALTER TABLE event ADD INDEX IF NOT EXISTS who subject_id TYPE bloom_filter(0.01) GRANULARITY 1;

ALTER TABLE person_change ADD INDEX IF NOT EXISTS who person_id TYPE bloom_filter(0.01) GRANULARITY 1;
