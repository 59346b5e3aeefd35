"""A small practice company on a running stack: site, landing page, form, auto-reply, a journey of two mails.

`python -m tabiji.practice.tests.scene` makes it in the stack that TABIJI_HOME names.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

SLUG = "tanomoa"
PASSWORD = "renshu-no-kagi-1"
OPENING = datetime(2026, 4, 28, 5, 0, tzinfo=UTC)
CLICKED = {
    "version": 1,
    "kind": "event",
    "name": "click_judged",
    "where": [
        {"prop": "props.verdict", "op": "is", "value": "human"},
        {"prop": "props.link_kind", "op": "is", "value": "content"},
    ],
    "window": {"kind": "since_entry"},
}


def open_company() -> int:
    """The new workspace's id. Its clock stands at the demo's opening."""
    from tabiji.core import postgres
    from tabiji.practice import demo_site
    from tabiji.practice.demo import content
    from tabiji.practice.tests.conftest import sends_by_practice
    from tabiji.workspaces.contracts import AUTOMATIC
    from tabiji.workspaces.public import Role, keys, members, workspace

    offset = OPENING - datetime.now(UTC)
    made = workspace.create(SLUG, name="株式会社タノモア", is_practice=True, clock_offset=offset, shards=1)
    with postgres.workspace_scope(made.id):
        for address, name, role in (
            ("aoi", "高橋 葵", Role.MARKETER),
            ("haru", "小林 陽", Role.SALES),
            ("megumi", "石田 恵", Role.ADMIN),
        ):
            members.join(
                members.create_user(f"{address}@tanomoa.example", name=name, password=PASSWORD), role
            )
        keys.create_write_key("サイト", actor=AUTOMATIC, public="wk_tanomoa")
        sends_by_practice()
        demo_site.open_site(landing_path=f"/p/{SLUG}/{content.PAGE_KEY}")
        _define(f"/site/{SLUG}/")
    return made.id


def _define(site: str) -> None:
    from django.conf import settings

    from tabiji.content.public import brand, mails
    from tabiji.pages.public import forms, landing
    from tabiji.people.public import fields
    from tabiji.practice.demo import content
    from tabiji.purpose.public import conversions
    from tabiji.workspaces.contracts import AUTOMATIC
    from tests.builders.journey import journey, then

    address = settings.PUBLIC_URL + site
    brand.change(actor=AUTOMATIC, **content.brand_values("ja", site=address))
    sent = {}
    for mail in content.mails("ja", site=address):
        sent[mail.key] = mails.create(
            mail.name,
            actor=AUTOMATIC,
            document=mail.document,
            subject=mail.subject,
            preheader=mail.preheader,
            purpose=mail.purpose,
            why=mail.why,
        )
        mails.publish(sent[mail.key], actor=AUTOMATIC, now=OPENING)
    fields.create(content.BUDGET, label="予算", type="choice", choices=content.budget_choices("ja"))
    document = content.form("ja", site=address, auto_reply_mail_id=sent["auto_reply"], initiative_id=0)
    known = {field.key for field in fields.list_fields()}
    for question in document["fields"]:
        if question.get("maps_to") and question["maps_to"] not in known:
            fields.create(question["maps_to"], label=question["label"], type="text")
    form_id = forms.create(
        content.form_name("ja"), key=content.FORM_KEY, actor=AUTOMATIC, document=document, language="ja"
    )
    forms.publish(form_id, actor=AUTOMATIC, now=OPENING)
    page_id = landing.create(
        content.page_name("ja"),
        key=content.PAGE_KEY,
        actor=AUTOMATIC,
        document=content.landing_page("ja", form_id=form_id),
        language="ja",
    )
    landing.publish(page_id, actor=AUTOMATIC, now=OPENING)
    booked = {"kind": "change", "change": "appointment", "new": ["booked"]}
    conversions.create("booked", name="商談を予約", rule=booked, actor=AUTOMATIC)
    follow = journey("資料請求後フォロー(おまかせ)").wait(business_days=3)
    follow.branch(CLICKED, then().send(sent["case"]), then().send(sent["basics"])).goal("booked")
    follow.graph["entries"].append({"kind": "form", "form_id": form_id})
    follow.start(OPENING)


if __name__ == "__main__":
    import django

    django.setup()
    sys.stdout.write(f"{open_company()}\n")
