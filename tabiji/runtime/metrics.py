"""`/metrics` for Prometheus: the figures by which somebody is woken. Loopback, or a bearer token."""

from __future__ import annotations

import hmac
import os
from datetime import timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from tabiji.core import clickhouse, postgres
from tabiji.events.public import canary


def metrics(request: HttpRequest) -> HttpResponse:
    """All figures of the installation, read now; no workspace or person is named."""
    if not _may_read(request):
        return HttpResponseForbidden("metrics are for loopback, or for the bearer of TABIJI_METRICS_TOKEN")
    registry = CollectorRegistry()
    for name, value, about in _figures():
        Gauge(name, about, registry=registry).set(value)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _figures() -> list[tuple[str, float, str]]:
    row = postgres.records("SELECT * FROM metrics_snapshot()")[0]
    way = canary.state()
    return [
        ("tabiji_event_lag_seconds", row["event_lag"], "Age of the oldest event not yet processed"),
        ("tabiji_events_waiting", row["events_waiting"], "Inbox rows not yet processed"),
        ("tabiji_canary_lag_seconds", _seconds(way.worst), "From the inlet until a test event can be read"),
        ("tabiji_canary_age_seconds", _seconds(way.came), "Since the last test event came through"),
        ("tabiji_parked_batches", row["parked"], "Work that a consumer could not take"),
        ("tabiji_events_refused", row["refused"], "Events refused in the last day"),
        ("tabiji_journey_lateness_seconds", row["journey_lateness"], "Age of the oldest due enrolment"),
        ("tabiji_enrolments_parked", row["enrolments_parked"], "Enrolments that a step failed for"),
        ("tabiji_messages_queued", row["queued"], "Decided messages not yet sent"),
        ("tabiji_messages_uncertain", row["uncertain"], "Messages of unknown fate"),
        ("tabiji_staff_mail_waiting", row["staff_mail"], "Mails to colleagues not yet sent"),
        ("tabiji_clickhouse_up", float(clickhouse.store().ready()), "1 when ClickHouse answers"),
    ]


def _seconds(span: timedelta | None) -> float:
    """Not a number where nothing was measured yet."""
    return float("nan") if span is None else span.total_seconds()


def _may_read(request: HttpRequest) -> bool:
    token = os.environ.get("TABIJI_METRICS_TOKEN", "")
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token:
        return hmac.compare_digest(token, given)
    forwarded = request.headers.get("X-Forwarded-For")
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and not forwarded
