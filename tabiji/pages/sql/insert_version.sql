-- The next version of a form or page. The draft's row is locked by the caller, so that numbers have no gaps.
INSERT INTO public_version (workspace_id, draft_id, number, name, language, document, published_at, published_by)
SELECT %(workspace)s, %(draft)s, coalesce(max(v.number), 0) + 1, %(name)s, %(language)s, %(document)s, %(now)s,
       %(actor)s
FROM public_version v WHERE v.draft_id = %(draft)s
RETURNING id, number
