"""Published mails for tests."""

from __future__ import annotations

from datetime import datetime

from tabiji.content.contracts import Purpose
from tabiji.content.public import brand, mails
from tabiji.workspaces.contracts import AUTOMATIC


def published_mail(
    name: str,
    *,
    at: datetime,
    subject: str = "{{ person | honorific }}へのお知らせ",
    purpose: str = Purpose.MARKETING,
) -> int:
    """A mail with one content button and the locked footer; its id."""
    brand.change(
        actor=AUTOMATIC,
        sender_name="タノモア 小林",
        company="株式会社タノモア",
        address="東京都千代田区1-1-1",
        contact="info@tanomoa.example",
    )
    document = {
        "version": 1,
        "blocks": [
            {"kind": "text", "text": "{{ person | honorific }}\nお元気ですか。"},
            {"kind": "button", "label": "資料を開く", "url": "https://tanomoa.example/cases/"},
            {"kind": "footer"},
        ],
    }
    mail_id = mails.create(name, actor=AUTOMATIC, document=document, subject=subject, purpose=purpose)
    mails.publish(mail_id, actor=AUTOMATIC, now=at)
    return mail_id
