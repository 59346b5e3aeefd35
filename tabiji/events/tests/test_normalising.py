"""One event to one shape, without any engine."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tabiji.events.contracts import Envelope
from tabiji.events.normalising import Normal, normalise


def test_what_brought_somebody_here_is_kept_with_the_event() -> None:
    seen = _taken(campaign={"name": "春", "source": "google"}, clickIds={"gclid": "Cj0", "yclid": "YSS.1"})

    assert seen.props == {"utm_campaign": "春", "utm_source": "google", "gclid": "Cj0", "yclid": "YSS.1"}


def test_a_click_id_is_bounded_and_none_but_known_ones_are_kept() -> None:
    seen = _taken(clickIds={"gclid": "x" * 5_000, "fbclid": 7, "msclkid": "", "utm_source": "y", "a.b": "c"})

    assert seen.props == {"gclid": "x" * 200}


@pytest.mark.parametrize("given", [["gclid"], "gclid", 3, {}, None])
def test_what_others_mean_by_click_ids_stops_no_event(given: Any) -> None:
    assert _taken(clickIds=given).props == {}


def _taken(**context: Any) -> Normal:
    event = {"type": "page", "anonymousId": "v", "context": context}
    return normalise(json.dumps(event).encode(), Envelope("web", "", "", "", []), 10**12, 0, "row-1")
