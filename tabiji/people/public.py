"""What other rooms may call."""

from tabiji.people import (
    companies,
    consent,
    exclusions,
    exports,
    fields,
    holds,
    identity,
    imports,
    lists,
    merging,
    naming,
    persons,
    tables,
)

__all__ = [
    "companies",
    "consent",
    "exclusions",
    "exports",
    "fields",
    "holds",
    "identity",
    "imports",
    "lists",
    "merging",
    "naming",
    "persons",
    "tables",
]
