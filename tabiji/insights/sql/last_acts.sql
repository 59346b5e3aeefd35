-- The newest acts of known people, machines and undecided clicks left out.
SELECT who, at, name, title, path, initiative
FROM (
    SELECT if(notEmpty(owner), owner, subject) AS who, told.at AS at, name, title, path, initiative
    FROM (
        SELECT subject_id AS subject, toUnixTimestamp64Milli(occurred_at) AS at, name, title, path,
               toUInt64(0) AS initiative
        FROM event
        WHERE workspace_id = {workspace:UInt32} AND machine = '' AND at >= {start:Int64} AND at < {end:Int64}
            AND batch_id <= {through:Array(UInt64)}[shard + 1]
            AND name NOT IN ('mail_opened', 'mail_clicked', 'mail_bounced', 'identified', 'click_judged',
                             'form_submitted', 'form_field_left', 'form_error', 'page_left')
        UNION ALL
        SELECT subject_id AS subject, toUnixTimestamp64Milli(occurred_at) AS at, name, title, path,
               if(source IN ('web', 'server'), 0, toUInt64OrZero(toString(props.initiative_id))) AS initiative
        FROM event
        WHERE workspace_id = {workspace:UInt32} AND machine = '' AND at >= {start:Int64} AND at < {end:Int64}
            AND batch_id <= {through:Array(UInt64)}[shard + 1]
            AND name IN ('click_judged', 'form_submitted')
            AND (name != 'click_judged' OR toString(props.verdict) = 'human')
    ) AS told
    LEFT ANY JOIN owners ON owners.subject_id = told.subject
)
WHERE who NOT IN (SELECT person_id FROM left_out)
    AND who IN (SELECT person_id FROM person WHERE workspace_id = {workspace:UInt32})
ORDER BY at DESC, name, who
LIMIT {limit:UInt32}
