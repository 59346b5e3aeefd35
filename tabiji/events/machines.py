"""Which acts are a machine's: crawlers by their own name, our own offices by address."""

from __future__ import annotations

from functools import lru_cache

from crawlerdetect import CrawlerDetect

from tabiji.people.public import exclusions

_detector = CrawlerDetect()


@lru_cache(maxsize=16_384)
def reason_of_agent(agent: str) -> str:
    """Why this user agent is a machine, or empty. An unknown program is no machine."""
    return "crawler" if agent and _detector.isCrawler(agent) else ""


def reason(agent: str, address: str, excluded: exclusions.Exclusions) -> str:
    """`crawler`, `office`, or empty for a person."""
    if excluded.networks and excluded.covers_address(address):
        return "office"
    return reason_of_agent(agent)
