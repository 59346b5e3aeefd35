-- A piece of batches as one Parquet file.
SELECT * FROM piece ORDER BY batch_id, ordinal
FORMAT Parquet
SETTINGS output_format_parquet_compression_method = 'zstd', output_format_parquet_string_as_string = 1
