-- How many pages each of these unknown browsers saw: all of it lies before it became known.
SELECT subject_id, count()
FROM event
WHERE workspace_id = {workspace:UInt32} AND name = 'page_viewed' AND subject_id IN {subjects:Array(UUID)}
    AND machine = '' AND batch_id <= {through:Array(UInt64)}[shard + 1]
GROUP BY subject_id
