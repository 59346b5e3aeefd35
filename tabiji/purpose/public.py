"""What other rooms may call."""

from tabiji.purpose import (
    compiling,
    conversions,
    initiatives,
    kpi,
    matching,
    parts,
    periods,
    reading,
    recording,
)

__all__ = [
    "compiling",
    "conversions",
    "initiatives",
    "kpi",
    "matching",
    "parts",
    "periods",
    "reading",
    "recording",
]
