-- Conversions of the wanted keys within a period.
SELECT key, cause, who, at, value, line, initiative
FROM conversions
WHERE at >= {start:Int64} AND at < {end:Int64}
