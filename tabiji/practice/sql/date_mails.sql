-- Mails that were published as they stand look changed when that was: their dates are of the machine's clock.
UPDATE mail m
SET updated_at = v.published_at - %(offset)s
FROM mail_version v
WHERE v.id = m.version_id AND m.revision = m.published_revision
