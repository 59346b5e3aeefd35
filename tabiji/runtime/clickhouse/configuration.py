"""What the embedded engine is told: memory, caches, durability, and what a reader may touch.

The folder of an embedded ClickHouse:

    engine/         chDB's own directory
    backups/        where BACKUP may write, and the copy taken before another engine opens the data
    engine.xml      written at every start
    users.xml       written at every start
    engine-version  which engine wrote the data last
    lock            held by the process that owns the folder
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

GIB = 1 << 30
MIB = 1 << 20

# Merges run seldom and small here, and caches only pay for what is asked twice: what is left of
# the memory limit belongs to queries.
_CACHES = {
    "mark_cache_size": 64 * MIB,
    "index_mark_cache_size": 32 * MIB,
    "primary_index_cache_size": 64 * MIB,
    "query_condition_cache_size": 32 * MIB,
    "compiled_expression_cache_size": 32 * MIB,
    "vector_similarity_index_cache_size": 8 * MIB,
    "text_index_tokens_cache_size": 8 * MIB,
    "text_index_header_cache_size": 8 * MIB,
    "text_index_postings_cache_size": 16 * MIB,
    "parquet_metadata_cache_size": 16 * MIB,
    "iceberg_metadata_files_cache_size": 1 * MIB,
    "unique_key_index_cache_size_bytes": 8 * MIB,
}
# At rest nothing should wake up: fewer schedule threads, rarer metrics and memory checks.
_REST = {
    "asynchronous_metrics_update_period_s": 3600,
    "asynchronous_heavy_metrics_update_period_s": 3600,
    "memory_worker_period_ms": 200,
    "dictionary_background_reconnect_interval": 60_000,
}
# A part that was acknowledged is on disk, and so is its name.
_DURABILITY = {"fsync_after_insert": 1, "fsync_part_directory": 1}


@dataclass(frozen=True, slots=True)
class Limits:
    memory: int
    """Bytes that the engine may use in all."""

    @classmethod
    def of_this_machine(cls) -> Limits:
        """A quarter of the machine's memory, at most 4 GB; without it chDB takes 90 %."""
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return cls(memory=min(total // 4, 4 * GIB))


def write(folder: Path, database: str, limits: Limits) -> None:
    """Write engine.xml and users.xml into the folder; nothing in them is secret."""
    (folder / "backups").mkdir(exist_ok=True)
    (folder / "users.xml").write_text(_users(database), encoding="utf-8")
    (folder / "engine.xml").write_text(_engine(folder, limits), encoding="utf-8")


def _engine(folder: Path, limits: Limits) -> str:
    settings = {"max_server_memory_usage": limits.memory, **_CACHES, **_REST}
    return _document(
        "<users_config>users.xml</users_config>",
        f"<backups><allowed_path>{escape(str(folder / 'backups'))}/</allowed_path></backups>",
        f"<merge_tree>{_elements(_DURABILITY)}</merge_tree>",
        _elements(settings),
    )


def _users(database: str) -> str:
    """The engine's one user holds two roles; a reading connection keeps only `reader`.

    `reader` lacks the grants on files and networks that table functions and engines need, so the wall
    is the engine's own. It may make temporary tables, which is how external data arrives.
    """
    # Databases of tests begin with the same name.
    reads = f"GRANT SELECT, SHOW ON {database}*.*"
    return _document(
        "<profiles><default><async_insert>0</async_insert></default></profiles>",
        "<quotas><default/></quotas>",
        "<roles>",
        f"<owner>{_grants('GRANT ALL ON *.*')}</owner>",
        f"<reader>{_grants(reads, 'GRANT CREATE TEMPORARY TABLE ON *.*', 'GRANT SHOW DATABASES ON *.*')}</reader>",
        "</roles>",
        "<users><default><no_password/><networks><ip>127.0.0.1</ip><ip>::1</ip></networks>",
        "<profile>default</profile><quota>default</quota>",
        f"{_grants('GRANT owner', 'GRANT reader')}</default></users>",
    )


def _grants(*queries: str) -> str:
    return f"<grants>{''.join(f'<query>{escape(query)}</query>' for query in queries)}</grants>"


def _elements(settings: dict[str, int]) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in settings.items())


def _document(*parts: str) -> str:
    return f"<clickhouse>\n{chr(10).join(parts)}\n</clickhouse>\n"
