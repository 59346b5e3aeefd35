"""Figure `send`: personalised, signed 30 kB mails a second to a local SMTP sink in another process.

Ours are the senders of a worker: claim, render, sign, hand over, store what became of each. The limit
hands over the same bytes, rendered and signed beforehand, on the same number of connections.

The figure is that of a new domain, which signs with RSA-2048; the same with Ed25519 stands in the details, beside the
ceiling: what the limit would come to if each mail cost one signature more and nothing else.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import statistics
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg

from benchmarks import harness

REACH = "ratio >= 0.5"
MAILS = 6_000
CONNECTIONS = 10


def run(mails: int = MAILS) -> None:
    receiving, giving = multiprocessing.get_context("spawn").Pipe()
    sink = multiprocessing.get_context("spawn").Process(target=_sink, args=(giving,), daemon=True)
    sink.start()
    port = receiving.recv()
    try:
        with harness.house():
            _measure(port, mails)
    finally:
        sink.terminate()


def _measure(port: int, mails: int) -> None:
    from django.conf import settings

    from tabiji.content.public import mails as mail_room
    from tabiji.core import postgres
    from tabiji.messaging.channels.email import dkim
    from tabiji.messaging.channels.email.smtp import Courier
    from tabiji.messaging.public import domains, sending
    from tabiji.workspaces.contracts import AUTOMATIC
    from tabiji.workspaces.public import workspace
    from tests.builders.cast import customers

    made = workspace.create("bench", name="bench", shards=1)
    with postgres.workspace_scope(made.id):
        now = datetime.now(UTC)
        mail_id = _long_mail(now)
        version_id = mail_room.current_version(mail_id)
        people = customers(mails, at=now)
        domains.save(
            actor=AUTOMATIC,
            from_name="タノモア",
            from_address="info@tanomoa.example",
            host="127.0.0.1",
            port=port,
            security="none",
            connections=CONNECTIONS,
        )
    turn = 0

    def queue() -> None:
        nonlocal turn
        turn += 1
        with psycopg.connect(settings.DATABASE_URL) as connection:
            connection.execute("DELETE FROM message")
            connection.execute(
                "INSERT INTO message (workspace_id, person_id, mail_id, mail_version_id, kind, source, source_id,"
                " cause, state, address, asked_at, send_after, decided_at) SELECT workspace_id, id, %s, %s,"
                " 'marketing', 'person', 0, %s, 'queued', email, now(), now(), now() FROM person WHERE id = ANY(%s)",
                [mail_id, version_id, str(turn), people],
            )
        with psycopg.connect(settings.DATABASE_URL, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")  # as the server does by itself while a house lives

    senders = [_Sending(made.id, place) for place in range(sending.SENDERS)]

    def ours() -> float:
        queue()
        return mails / harness.seconds(lambda: _send_all(senders))

    with postgres.workspace_scope(made.id):
        courier = Courier(domains.smtp_settings(domains.get()))

    def beside(algorithm: dkim.Algorithm) -> tuple[list[float], list[float], float]:
        """Ours and the limit with such a key, and the size of a mail."""
        with postgres.workspace_scope(made.id):
            domains.make_dkim_key("tanomoa.example", "t1", actor=AUTOMATIC, algorithm=algorithm)
        queue()
        with postgres.workspace_scope(made.id):
            wires = _rendered()
        size = sum(len(one.wire) for one in wires) / len(wires)
        return *harness.alternate(
            ours, lambda: mails / harness.seconds(lambda: courier.deliver_many(wires))
        ), size

    ed25519 = [statistics.median(runs) for runs in beside("ed25519-sha256")[:2]]
    runs, limit, size = beside("rsa-sha256")
    for sender in senders:
        sender.close()
    courier.close()
    signatures = _signatures_a_second()
    details = {
        "mails": mails,
        "bytes_a_mail": size,
        "connections": CONNECTIONS,
        "rsa_signatures": signatures,
        "rsa_ceiling": 1 / (1 / statistics.median(limit) + 1 / signatures),
        "ed25519": {"ours": ed25519[0], "limit": ed25519[1], "ratio": ed25519[0] / ed25519[1]},
    }
    print(details)
    harness.report("send", unit="/s", ours=runs, limit=limit, reach=REACH, details=details)


def _signatures_a_second() -> float:
    """RSA-2048 signatures of all cores together, were nothing else to be done."""
    from tabiji.messaging.channels.email import dkim

    signer = dkim.Signer(domain="a.example", selector="a", private_key_pem=dkim.generate_key("rsa-sha256"))
    took = [harness.seconds(lambda: signer.signature_of(b"x" * 700)) for _ in range(500)]
    return (os.cpu_count() or 1) / statistics.median(took)


class _Sending:
    """One sender loop of a worker, in a thread of its own."""

    def __init__(self, workspace_id: int, place: int) -> None:
        from tabiji.messaging.public import apart, sending

        self._workspace_id = workspace_id
        self._thread = ThreadPoolExecutor(1)
        self._apart = apart.SenderApart(place)
        self._sender = self._thread.submit(
            lambda: sending.Sender(place=place, among=sending.SENDERS, helper=self._apart)
        ).result()

    def start(self) -> Future[None]:
        return self._thread.submit(self._send_all)

    def close(self) -> None:
        self._thread.submit(self._sender.close).result()
        self._apart.close()

    def _send_all(self) -> None:
        while self._sender.send_due(self._workspace_id):
            pass


def _send_all(senders: Sequence[_Sending]) -> None:
    for done in [sender.start() for sender in senders]:
        done.result()


def _rendered() -> list[Any]:
    """The same bytes as the sender would make, made beforehand."""
    from tabiji.core import postgres
    from tabiji.messaging import letters
    from tabiji.messaging.public import sending

    leased = [
        sending.Leased(*row)
        for row in postgres.rows(
            "SELECT id, person_id, mail_id, mail_version_id, kind, source, source_id, initiative_id, node, address,"
            " attempts, hops FROM message ORDER BY id"
        )
    ]
    versions, wanted = sending.prepare(leased)
    return letters.print_all(sending.letterhead(), versions, wanted).outgoing


def _long_mail(now: datetime) -> int:
    """A mail of about 30 kB on the wire."""
    from tabiji.content.public import brand, mails
    from tabiji.workspaces.contracts import AUTOMATIC

    chance = random.Random(1)
    brand.change(
        actor=AUTOMATIC,
        sender_name="タノモア",
        company="株式会社タノモア",
        address="東京都",
        contact="i@tanomoa.example",
    )
    words = ["受発注", "見積", "在庫", "納期", "転記", "確認", "共有", "改善", "現場", "担当"]
    paragraphs = [
        {
            "kind": "text",
            "text": "{{ person | honorific }}\n" + "。".join(chance.choice(words) * 3 for _ in range(24)),
        }
        for _ in range(9)
    ]
    document = {
        "version": 1,
        "blocks": [
            *paragraphs,
            {"kind": "button", "label": "進め方を見る", "url": "https://tanomoa.example/cases/"},
            {"kind": "footer"},
        ],
    }
    mail_id = mails.create("bench", actor=AUTOMATIC, document=document, subject="{{ person | honorific }}へ")
    mails.publish(mail_id, actor=AUTOMATIC, now=now)
    return mail_id


def _sink(giving: Any) -> None:
    from tabiji.practice.mailserver import run_sink

    run_sink(lambda port: giving.send(port))
