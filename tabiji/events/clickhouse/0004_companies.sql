-- What is known of the company that a person works for, so that people can be asked by it.
ALTER TABLE person ADD COLUMN IF NOT EXISTS company_industry LowCardinality(String) AFTER company;

ALTER TABLE person ADD COLUMN IF NOT EXISTS company_employees Nullable(Int32) AFTER company_industry;
