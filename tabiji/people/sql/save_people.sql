-- Write back rows that `lock_people` locked; every write raises the version that mirrors compare.
UPDATE person p
SET last_name = n.last_name, first_name = n.first_name, last_kana = n.last_kana, first_kana = n.first_kana,
    email = n.email, phone = n.phone, department = n.department, title = n.title, source = n.source,
    company_id = n.company_id, owner_id = n.owner_id, fields = n.fields::jsonb,
    field_clock = n.field_clock::jsonb, search_text = n.search_text,
    search = string_to_array(n.search, E'\x1f'), version = p.version + 1
FROM unnest(%(id)s::uuid[], %(last_name)s::text[], %(first_name)s::text[], %(last_kana)s::text[],
            %(first_kana)s::text[], %(email)s::text[], %(phone)s::text[], %(department)s::text[],
            %(title)s::text[], %(source)s::text[], %(company_id)s::bigint[], %(owner_id)s::bigint[],
            %(fields)s::text[], %(field_clock)s::text[], %(search_text)s::text[], %(search)s::text[])
     AS n(id, last_name, first_name, last_kana, first_kana, email, phone, department, title, source,
          company_id, owner_id, fields, field_clock, search_text, search)
WHERE p.id = n.id
