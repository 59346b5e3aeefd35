from __future__ import annotations

import threading
import time

import pytest

from tabiji.runtime.clickhouse.lanes import Lane, LaneFull, Rules


def test_a_full_lane_refuses_after_its_wait() -> None:
    lane = Lane("screen", Rules(slots=1, wait_s=0.05, reads_only=True))

    with lane.slot(), pytest.raises(LaneFull) as refused, lane.slot():
        pass

    assert refused.value.status == 503
    assert refused.value.retry_after_s == 1


def test_slots_are_given_in_the_order_of_asking() -> None:
    lane = Lane("writer", Rules(slots=1, wait_s=5, reads_only=False))
    order: list[int] = []

    def take(number: int) -> None:
        with lane.slot():
            order.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(5)]
    with lane.slot():
        for thread in threads:
            thread.start()
            time.sleep(0.02)
    for thread in threads:
        thread.join()

    assert order == [0, 1, 2, 3, 4]


def test_a_slot_is_free_again_after_an_error_and_after_a_refusal() -> None:
    lane = Lane("screen", Rules(slots=1, wait_s=0.01, reads_only=True))

    with pytest.raises(ZeroDivisionError), lane.slot():
        raise ZeroDivisionError
    with lane.slot(), pytest.raises(LaneFull), lane.slot():
        pass

    with lane.slot():
        pass


def test_a_reading_lane_only_lets_limits_down() -> None:
    lane = Lane("screen", Rules(1, 1, reads_only=True, settings={"max_execution_time": 20}))

    assert dict(lane.settings({})) == {"max_execution_time": "20"}
    assert dict(lane.settings({"max_execution_time": "5"})) == {"max_execution_time": "5"}
    assert dict(lane.settings({"max_execution_time": "0.5"})) == {"max_execution_time": "0.5"}
    for hostile in ("0", "9999", "-1", "1e9", "nan", "inf", "nonsense"):
        assert dict(lane.settings({"max_execution_time": hostile})) == {"max_execution_time": "20"}
    assert "readonly" not in dict(lane.settings({"readonly": "0"}))
