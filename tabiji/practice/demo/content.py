"""What the demo company says: brand kit, landing page, form and three mails, in Japanese and English.

Pure definitions: the generator makes them through the public functions of the rooms. Links lead to
the demo company's own site, so that a click in practice arrives somewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from tabiji.content.public import documents
from tabiji.pages.public import documents as pages

Language = Literal["ja", "en"]
FORM_KEY: Final = "siryo-omakase"
PAGE_KEY: Final = "jireishu"
BUDGET: Final = "budget"
"""The person's own field that the form fills."""
CONSULTATION: Final = "consultation"
"""Another one: what somebody would like to talk about."""
BUDGETS: Final = ("under_100", "100_300", "300_500", "over_500", "undecided")
"""In units of 10,000 yen, in the order of the form."""
FROM_ONE_MILLION: Final = ("100_300", "300_500", "over_500")
"""The answers that say: one million yen or more."""
_BUDGET_LABELS: Final[dict[Language, tuple[str, ...]]] = {
    "ja": ("〜100万円", "100〜300万円", "300〜500万円", "500万円以上", "まだ決まっていない"),
    "en": ("Up to ¥1 million", "¥1–3 million", "¥3–5 million", "¥5 million or more", "Not decided yet"),
}


@dataclass(frozen=True, slots=True)
class DemoMail:
    """A mail as `content.mails.create` takes it."""

    key: str
    name: str
    subject: str
    preheader: str
    purpose: str
    why: str
    document: dict[str, Any]


def brand_values(language: Language, *, site: str) -> dict[str, str]:
    """For `content.brand.change`. site: address of the demo site, with its last slash."""
    words = {
        "ja": {
            "sender_name": "おまかせ事業部",
            "company": "株式会社タノモア",
            "address": "東京都みほん区旅路町1-2-3",
            "logo_text": "タノモア おまかせ",
        },
        "en": {
            "sender_name": "Tanomoa Omakase",
            "company": "Tanomoa Inc.",
            "address": "1-2-3 Tabiji, Mihon, Tokyo",
            "logo_text": "Tanomoa Omakase",
        },
    }[language]
    return {
        **words,
        "contact": "hello@tanomoa.example",
        "policy_url": f"{site}company/",
        "main_colour": "#14614f",
        "deep_colour": "#0d4236",
        "ground_colour": "#f6f4ee",
    }


def budget_choices(language: Language) -> list[dict[str, str]]:
    """Choices of the person's field `budget`, for `people.fields.create`."""
    return [
        {"value": value, "label": label}
        for value, label in zip(BUDGETS, _BUDGET_LABELS[language], strict=True)
    ]


def form_name(language: Language) -> str:
    return {"ja": "資料請求フォーム(おまかせ)", "en": "Case book request (Omakase)"}[language]


def form(language: Language, *, site: str, auto_reply_mail_id: int, initiative_id: int) -> dict[str, Any]:
    """The form's document. Kana is asked for in Japanese only."""
    said = _FORM[language]
    document = pages.FormDocument(
        fields=[
            _question("company", said["company"], type="company", is_required=True, maps_to="company"),
            _question("last_name", said["last_name"], is_required=True, is_half=True, maps_to="last_name"),
            _question("first_name", said["first_name"], is_required=True, is_half=True, maps_to="first_name"),
            *_kana(language),
            _question("email", said["email"], type="email", is_required=True, maps_to="email"),
            _question("phone", said["phone"], type="phone", hint=said["phone_hint"], maps_to="phone"),
            _question(
                "budget",
                said["budget"],
                type="choice",
                is_required=True,
                maps_to=BUDGET,
                choices=budget_choices(language),
            ),
            _question("message", said["message"], type="textarea", most=1_000, maps_to=CONSULTATION),
            _question(
                "role",
                said["role"],
                type="hidden",
                value="client",
                maps_to="role",
                choices=[{"value": "client", "label": said["client"]}],
            ),
            _question(
                "mail_consent", said["mail_consent"], type="consent", hint=said["mail_hint"], channel="mail"
            ),
            _question(
                "terms",
                said["terms"],
                type="consent",
                is_required=True,
                hint=f"[{said['policy']}]({site}company/)",
            ),
        ],
        submit_label=said["submit"],
        source=said["source"],
        auto_reply_mail_id=auto_reply_mail_id,
        initiative_id=initiative_id,
        thanks=pages.Thanks(
            title=said["thanks"], text=said["thanks_text"], label=said["thanks_label"], url=f"{site}cases/"
        ),
    )
    return document.model_dump(mode="json")


def page_name(language: Language) -> str:
    return {"ja": "事例集(おまかせ)", "en": "Case book (Omakase)"}[language]


def landing_page(language: Language, *, form_id: int) -> dict[str, Any]:
    said = _PAGE[language]
    document = pages.PageDocument(
        title=said["title"],
        description=said["lead"],
        blocks=[
            pages.Hero(
                kicker=said["kicker"],
                title=said["title"],
                lead=f"{said['lead']}\n\n{said['more']}",
                points=[
                    pages.Point(title=title, text=text)
                    for title, text in zip(said["points"], said["texts"], strict=True)
                ],
                figures=[
                    pages.Figure(number=said["hours"], label=said["hours_label"]),
                    pages.Figure(number=said["cost"], label=said["cost_label"]),
                    pages.Figure(number=said["still"], label=said["still_label"]),
                ],
                form_id=form_id,
                form_title=said["form_title"],
            ),
            pages.Heading(text=said["voice_title"]),
            pages.Quote(text=said["voice"], by=said["voice_by"]),
        ],
    )
    return document.model_dump(mode="json")


def mails(language: Language, *, site: str) -> list[DemoMail]:
    """The auto-reply, the case mail and the basics mail, in this order."""
    return [_auto_reply(language, site), _case(language, site), _basics(language, site)]


def _auto_reply(language: Language, site: str) -> DemoMail:
    if language == "ja":
        said = (
            "資料のご請求ありがとうございます。\n下のボタンから事例集(18ページ)をご覧いただけます。",
            "お急ぎでしたら9ページの『見積もりが3倍ぶれる5つの理由』だけでもどうぞ。3分で読めます。\n\n"
            "ご質問はこのメールにそのままご返信ください。\n\nおまかせ事業部 小林",
        )
        head = ("自動返信(事例集)", "【タノモア】事例集をお送りします", "9ページだけなら3分で読めます")
        label, why = "資料を開く", "資料をすぐに届け、3分で読める1か所へ案内する"
    else:
        said = (
            "Thank you for asking for our case book.\nThe button below opens it (18 pages).",
            "In a hurry? Page 9, “Five reasons why quotes differ by a factor of three”, takes three minutes.\n\n"
            "If you have a question, just reply to this mail.\n\nKobayashi, Omakase",
        )
        head = ("Auto-reply (case book)", "[Tanomoa] Your case book", "Page 9 alone takes three minutes")
        label, why = (
            "Open the case book",
            "Bring the case book at once, and point to the three minutes that matter",
        )
    document = _letter("{{ person | honorific: 'company' }}\n\n" + said[0], label, f"{site}cases/", said[1])
    return DemoMail("auto_reply", head[0], head[1], head[2], "transactional", why, document)


def _case(language: Language, site: str) -> DemoMail:
    if language == "ja":
        body = (
            "従業員48名の製造業の例です。\nきっかけは月32時間の転記作業でした。3か月後は月4時間。費用は180万円。\n\n"
            "決め手は**『最初の2週間は作らない』**こと。"
        )
        head = ("事例メール", "FAXの受発注を3か月でやめた工場の話", "月32時間の転記が、3か月後は月4時間に")
        label, after = "進め方を見る", f"30分の無料相談は[こちら]({site}company/)"
        why = "資料を開いた人に、同じ規模の会社の進め方をひとつだけ見せる"
    else:
        body = (
            "A manufacturer of 48 people.\nIt began with 32 hours a month of retyping. Three months later: four"
            " hours. Cost: ¥1.8 million.\n\nWhat made the difference: **build nothing for the first two weeks**."
        )
        head = (
            "Case mail",
            "A factory that stopped ordering by fax in three months",
            "32 hours of retyping a month became four",
        )
        label, after = (
            "See how they did it",
            f"Thirty minutes with us are free: [choose a time]({site}omakase/)",
        )
        why = "Show those who opened the case book how one company of their size went about it"
    document = _letter("{{ person | honorific }}\n\n" + body, label, f"{site}omakase/", after)
    return DemoMail("case", head[0], head[1], head[2], "marketing", why, document)


def _basics(language: Language, site: str) -> DemoMail:
    if language == "ja":
        body = (
            "1. 何をやめたいか\n2. 誰が毎日使うか\n3. いくらまでなら失敗できるか\n\n"
            "書き込み式シートをご用意しました。"
        )
        head = ("基礎メール", "外注の前に決めておく3つのこと(2分)", "書き込み式シートつき")
        label, why = "シートを開く", "まだ資料を開いていない人に、2分で決められることを渡す"
    else:
        body = (
            "1. What do you want to stop doing?\n2. Who will use it every day?\n"
            "3. How much can you afford to lose?\n\nWe have made a sheet to write on."
        )
        head = (
            "Basics mail",
            "Three things to settle before you outsource (2 min)",
            "With a sheet to write on",
        )
        label, why = (
            "Open the sheet",
            "Give those who have not opened the case book something they can settle in two minutes",
        )
    document = _letter("{{ person | honorific }}\n\n" + body, label, f"{site}compare/", "")
    return DemoMail("basics", head[0], head[1], head[2], "marketing", why, document)


def _letter(before: str, label: str, url: str, after: str) -> dict[str, Any]:
    blocks: list[documents.Block] = [
        documents.Text(text=before),
        documents.Button(label=label, url=url, align="left"),
    ]
    if after:
        blocks.append(documents.Text(text=after))
    return documents.to_json(documents.Document(blocks=blocks))


def _question(key: str, label: str, **values: Any) -> pages.FormField:
    return pages.FormField.model_validate({"key": key, "label": label, **values})


def _kana(language: Language) -> list[pages.FormField]:
    if language == "en":
        return []
    return [
        _question("last_kana", "セイ", type="kana", is_required=True, is_half=True, maps_to="last_kana"),
        _question("first_kana", "メイ", type="kana", is_required=True, is_half=True, maps_to="first_kana"),
    ]


_FORM: Final[dict[Language, dict[str, str]]] = {
    "ja": {
        "company": "会社名",
        "last_name": "姓",
        "first_name": "名",
        "email": "メール",
        "phone": "電話",
        "phone_hint": "お急ぎのときだけお書きください",
        "budget": "予算",
        "message": "相談内容",
        "mail_consent": "事例や催しの案内をメールで受け取る",
        "mail_hint": "いつでも止められます。止め方は、届くメールのいちばん下にあります。",
        "role": "区分",
        "client": "発注者",
        "terms": "個人情報の扱いに同意する",
        "policy": "個人情報の扱いを読む",
        "submit": "事例集をもらう(無料・18ページ)",
        "source": "資料請求",
        "thanks": "ありがとうございます。事例集をお送りしました。",
        "thanks_text": (
            "数分たっても届かないときは、迷惑メールフォルダーもご覧ください。\n"
            "ご質問は、届いたメールにそのままご返信ください。"
        ),
        "thanks_label": "ほかの事例を見る",
    },
    "en": {
        "company": "Company",
        "last_name": "Family name",
        "first_name": "Given name",
        "email": "Mail address",
        "phone": "Phone",
        "phone_hint": "Only if it is urgent",
        "budget": "Budget",
        "message": "What is it about?",
        "mail_consent": "I would like to get cases and invitations by mail",
        "mail_hint": "You can stop at any time, by the link at the end of every mail.",
        "role": "Kind",
        "client": "Client",
        "terms": "I agree to the handling of my personal information",
        "policy": "How we handle personal information",
        "submit": "Get the case book (free, 18 pages)",
        "source": "Document request",
        "thanks": "Thank you. The case book is on its way.",
        "thanks_text": (
            "If it does not arrive within a few minutes, please look into your spam folder.\n"
            "If you have a question, just reply to that mail."
        ),
        "thanks_label": "Read other cases",
    },
}
_PAGE: Final[dict[Language, dict[str, Any]]] = {
    "ja": {
        "kicker": "事例集(無料・18ページ)",
        "title": "その発注、3か月でWebになります。",
        "lead": "従業員48名の工場が、FAXの受発注をやめるまで",
        "more": "最初の2週間で何を決め、どこで迷い、いくらかかったかを、18ページにまとめました。",
        "points": ["見積もりが3倍ぶれる5つの理由", "最初の2週間は作らない", "費用の内訳180万円"],
        "texts": [
            "9ページだけでも、3分で読めます。",
            "決める順番と、書き込み式のシート。",
            "どこを削り、どこを削らなかったか。",
        ],
        "hours": "32→4時間",
        "hours_label": "月の転記作業",
        "cost": "180万円",
        "cost_label": "費用の総額",
        "still": "2週間",
        "still_label": "作らずに決めた期間",
        "form_title": "事例集をもらう",
        "voice_title": "やめた会社の声",
        "voice": "「作らない2週間」が、いちばん効きました。社内で5年決まらなかったことが、床の上で決まりました。",
        "voice_by": "従業員48名・製造業 業務改善室",
    },
    "en": {
        "kicker": "Case book (free, 18 pages)",
        "title": "Those orders: on the web in three months.",
        "lead": "How a factory of 48 people stopped ordering by fax",
        "more": "What was settled in the first two weeks, where it went wrong, and what it cost, on 18 pages.",
        "points": [
            "Five reasons why quotes differ by a factor of three",
            "Build nothing for the first two weeks",
            "Where ¥1.8 million went",
        ],
        "texts": [
            "Page 9 alone takes three minutes.",
            "What to settle in which order, with a sheet to write on.",
            "What was cut, and what was not.",
        ],
        "hours": "32 → 4 h",
        "hours_label": "retyping a month",
        "cost": "¥1.8 million",
        "cost_label": "total cost",
        "still": "2 weeks",
        "still_label": "of deciding, not building",
        "form_title": "Get the case book",
        "voice_title": "From those who stopped",
        "voice": "The two weeks without building did it. What we had not settled in five years was settled on the floor.",
        "voice_by": "Manufacturer of 48 people",
    },
}
