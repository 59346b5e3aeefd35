-- Mails that were published as they stand look changed when that was.
UPDATE mail m
SET updated_at = v.published_at
FROM mail_version v
WHERE v.id = m.version_id AND m.revision = m.published_revision
