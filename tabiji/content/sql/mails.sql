-- Mails with their drafts and the number of the version that is sent; the caller adds which ones.
SELECT m.definition_id, d.name, d.state, m.purpose, m.language, m.subject, m.preheader, m.document, m.revision,
       m.version_id, coalesce(v.number, 0), m.revision > m.published_revision, m.updated_at, m.updated_by_id
FROM mail m
JOIN definition d ON d.id = m.definition_id
LEFT JOIN mail_version v ON v.id = m.version_id
WHERE (%(ids)s::bigint[] IS NULL AND d.state <> 'archived' OR m.definition_id = ANY(%(ids)s))
  AND (%(q)s = '' OR strpos(lower(d.name || E'\n' || m.subject), lower(%(q)s)) > 0)
  AND (%(purpose)s = '' OR m.purpose = %(purpose)s)
  AND m.definition_id < %(after)s
ORDER BY m.definition_id DESC
LIMIT %(limit)s
