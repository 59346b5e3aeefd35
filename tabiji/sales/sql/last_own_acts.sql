-- What these subjects did themselves, newest first: no machines, no mere results, clicks once judged.
SELECT if(name = 'click_judged',
          coalesce(parseDateTime64BestEffortOrNull(ifNull(props.clicked_at::Nullable(String), ''), 3, 'UTC'),
                   occurred_at),
          occurred_at) AS at,
       name, title, path, toJSONString(props)
FROM event
WHERE workspace_id = {workspace:UInt32} AND subject_id IN {subjects:Array(UUID)} AND machine = ''
    AND occurred_at <= {until:DateTime64(3, 'UTC')}
    AND name NOT IN ('identified', 'mail_opened', 'mail_clicked', 'mail_bounced', 'mail_complained', 'form_viewed',
                     'form_started', 'form_field_left', 'form_error', 'page_left')
    AND (name != 'click_judged' OR (source IN ('mail', 'system', 'import') AND props.verdict::Nullable(String) = 'human'))
ORDER BY at DESC, batch_id DESC, ordinal DESC
LIMIT {limit:UInt32}
