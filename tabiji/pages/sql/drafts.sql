-- Forms or pages with their drafts and the version that visitors see; the caller says which ones.
SELECT p.definition_id, p.kind, p.key, d.name, d.state, p.language, p.document, p.revision, p.version_id,
       coalesce(v.number, 0), p.revision > p.published_revision, p.updated_at, p.updated_by_id
FROM public_draft p
JOIN definition d ON d.id = p.definition_id
LEFT JOIN public_version v ON v.id = p.version_id
WHERE p.kind = %(kind)s
  AND (%(ids)s::bigint[] IS NULL AND d.state <> 'archived' OR p.definition_id = ANY(%(ids)s))
  AND (%(q)s = '' OR strpos(lower(d.name || E'\n' || p.key), lower(%(q)s)) > 0)
  AND p.definition_id < %(after)s
ORDER BY p.definition_id DESC
LIMIT %(limit)s
