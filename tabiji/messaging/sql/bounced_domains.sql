-- Domains that sent mails back, with how many went there in all and what the domain said to the newest.
SELECT domain, bounced, total, kind, said
FROM (
    SELECT split_part(address, '@', 2) AS domain,
           count(DISTINCT person_id) FILTER (WHERE state = 'bounced') AS bounced,
           count(DISTINCT person_id) AS total,
           (array_agg(reason ORDER BY id DESC) FILTER (WHERE state = 'bounced'))[1] AS kind,
           (array_agg(result ORDER BY id DESC) FILTER (WHERE state = 'bounced'))[1] AS said
    FROM message
    WHERE state IN ('sent', 'bounced') AND decided_at >= %(since)s
    GROUP BY 1
) counted
WHERE bounced > 0
ORDER BY bounced DESC, domain
LIMIT %(most)s
