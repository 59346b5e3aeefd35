"""What other rooms may call."""

from tabiji.people import (
    companies,
    consent,
    exclusions,
    fields,
    holds,
    identity,
    lists,
    merging,
    naming,
    persons,
)

__all__ = [
    "companies",
    "consent",
    "exclusions",
    "fields",
    "holds",
    "identity",
    "lists",
    "merging",
    "naming",
    "persons",
]
