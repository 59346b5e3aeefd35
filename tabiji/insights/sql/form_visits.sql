-- How far each head came with a form within the period: one row for each who saw it. That it was sent is
-- said by our own inlet of forms only.
SELECT who, max(name != 'form_viewed') AS began, sent_at > 0 AS sent, began_at > sent_at AS gave_up,
       maxIf(at, name IN ('form_started', 'form_field_left')) AS began_at,
       maxIf(at, name = 'form_submitted') AS sent_at, maxIf(at, name = 'form_field_left') AS left_at,
       if(left_at > sent_at, argMaxIf(field, at, name = 'form_field_left'), '') AS left_field,
       groupUniqArrayIf(100)(field, name = 'form_error') AS error_fields
FROM (
    SELECT if(notEmpty(owner), owner, subject) AS who, told.name AS name, told.field AS field, told.at AS at
    FROM (
        SELECT subject_id AS subject, name, left(toString(props.field), 100) AS field,
               toUnixTimestamp64Milli(occurred_at) AS at
        FROM event
        WHERE workspace_id = {workspace:UInt32} AND machine = ''
            AND name IN ('form_viewed', 'form_started', 'form_error', 'form_field_left', 'form_submitted')
            AND (name != 'form_submitted' OR source NOT IN ('web', 'server'))
            AND batch_id <= {through:Array(UInt64)}[shard + 1] AND toString(props.form_id) = {form:String}
            AND at >= {start:Int64} AND at < {end:Int64}
    ) AS told
    LEFT ANY JOIN owners ON owners.subject_id = told.subject
)
WHERE who NOT IN (SELECT person_id FROM left_out)
GROUP BY who
