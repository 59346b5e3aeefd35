-- A submission, unless this ticket was used already: then no row comes back. Waits for one that is being stored.
INSERT INTO form_submission (workspace_id, form_id, form_version_id, page_id, state, submitted_at, nonce, digest,
                             answers, consents, url, utm, address_hash, email_hash)
VALUES (%(workspace)s, %(form)s, %(version)s, %(page)s, %(state)s, %(now)s, %(nonce)s, %(digest)s,
        %(answers)s, %(consents)s, %(url)s, %(utm)s, %(address)s, %(email)s)
ON CONFLICT (workspace_id, nonce) WHERE nonce IS NOT NULL DO NOTHING
RETURNING id
