-- Forms and pages that were published as they stand look changed when that was, as `date_mails` does for mails.
UPDATE public_draft p
SET updated_at = v.published_at
FROM public_version v
WHERE v.id = p.version_id AND p.revision = p.published_revision
