-- The next version of a mail. The mail's row is locked by the caller, so that numbers have no gaps.
INSERT INTO mail_version (workspace_id, mail_id, number, name, purpose, language, subject, preheader, document,
                          html, text, links, fields, sender, published_at, published_by)
SELECT %(workspace)s, %(mail)s, coalesce(max(v.number), 0) + 1, %(name)s, %(purpose)s, %(language)s,
       %(subject)s, %(preheader)s, %(document)s, %(html)s, %(text)s, %(links)s, %(fields)s, %(sender)s,
       %(now)s, %(actor)s
FROM mail_version v WHERE v.mail_id = %(mail)s
RETURNING id, number
