-- How many submissions came lately: from this network address, with this mail address, and of this form.
-- Machines and people are counted apart: whoever fills in traps uses up nobody's tries.
SELECT count(*) FILTER (WHERE address_hash = %(address)s AND submitted_at > %(now)s - interval '10 minutes'),
       count(*) FILTER (WHERE email_hash = %(email)s AND submitted_at > %(now)s - interval '1 day'),
       count(*) FILTER (WHERE form_id = %(form)s AND submitted_at > %(now)s - interval '10 minutes')
FROM form_submission
WHERE state = %(state)s AND submitted_at > %(now)s - interval '1 day' AND submitted_at <= %(now)s
  AND (address_hash = %(address)s OR email_hash = %(email)s OR form_id = %(form)s)
