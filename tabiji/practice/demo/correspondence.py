"""The other mails of the demo company: invitations, thanks, small helps. Pure definitions, in two languages."""

from __future__ import annotations

from typing import Final, NamedTuple

from tabiji.content.public import documents
from tabiji.practice.demo.content import DemoMail, Language


class _Said(NamedTuple):
    name: str
    subject: str
    preheader: str
    why: str
    text: str
    label: str


def mails(language: Language, *, site: str) -> list[DemoMail]:
    """In a fixed order; each with one button that leads to the demo site."""
    return [_mail(key, said[language == "en"], f"{site}{page}", language) for key, page, said in _MAILS]


def _mail(key: str, said: _Said, url: str, language: Language) -> DemoMail:
    greeting = "{{ person | honorific }}"
    document = documents.Document(
        blocks=[
            documents.Text(text=f"{greeting}\n\n{said.text}"),
            documents.Button(label=said.label, url=url, align="left"),
        ]
    )
    del language
    return DemoMail(
        key, said.name, said.subject, said.preheader, "marketing", said.why, documents.to_json(document)
    )


_MAILS: Final[tuple[tuple[str, str, tuple[_Said, _Said]], ...]] = (
    (
        "hour",
        "cases/",
        (
            _Said(
                "事例のご案内(時刻テスト)",
                "発注の手間を減らした3社の話",
                "どの会社も、最初に決めたのは同じことでした",
                "同じメールを朝と夜に分けて送り、商談予約で比べる",
                "発注の手間を減らした3社に、最初に何を決めたかを聞きました。\n規模は12名、48名、210名です。",
                "3社の話を読む",
            ),
            _Said(
                "Three cases (time test)",
                "Three companies that made ordering easier",
                "All three settled the same thing first",
                "Send one mail in the morning and in the evening, and compare appointments",
                "We asked three companies what they settled first.\nThey are 12, 48 and 210 people.",
                "Read the three cases",
            ),
        ),
    ),
    (
        "invitation",
        "cases/",
        (
            _Said(
                "事例セミナーのご案内",
                "3/26(木) FAXの受発注をやめた工場に聞く60分",
                "質問の時間を20分とっています",
                "資料を読んだ人に、同じ規模の会社の担当者の声を直接聞いてもらう",
                "従業員48名の工場で、受発注をWebに移した担当の方にお話しいただきます。\n3/26(木) 15:00から60分、オンラインです。",
                "申し込む",
            ),
            _Said(
                "Invitation to the case seminar",
                "Thu 3/26: an hour with a factory that stopped ordering by fax",
                "Twenty minutes are for your questions",
                "Let readers of the case book hear somebody of a company of their size",
                "The person who moved a factory of 48 people to the web tells how it went.\nThu 3/26, 15:00, 60 minutes, online.",
                "Sign up",
            ),
        ),
    ),
    (
        "seminar_day",
        "cases/",
        (
            _Said(
                "セミナー申込のお礼",
                "お申し込みありがとうございます(3/26 事例セミナー)",
                "当日のURLと、あらかじめ伺いたいこと",
                "申し込んだ人に、当日聞きたいことを先に考えてもらう",
                "お申し込みありがとうございます。\n当日の前に、事例をひとつだけお読みいただくと、質問がしやすくなります。",
                "事例を読む",
            ),
            _Said(
                "Thanks for signing up",
                "Thank you for signing up (case seminar, 3/26)",
                "The link, and what we would like to ask you before",
                "Let guests think about their questions beforehand",
                "Thank you for signing up.\nIf you read one case before, asking will be easier.",
                "Read a case",
            ),
        ),
    ),
    (
        "thanks_plain",
        "omakase/",
        (
            _Said(
                "セミナーのお礼(ふつうの件名)",
                "本日のセミナーの資料をお送りします",
                "録画と資料はこちらです",
                "セミナーの後、次の一歩をひとつだけ渡す",
                "ご参加ありがとうございました。資料と録画をお送りします。\n個別のご相談は30分から承ります。",
                "資料を開く",
            ),
            _Said(
                "Seminar thanks (plain subject)",
                "Slides of today's seminar",
                "Recording and slides",
                "Offer one next step after the seminar",
                "Thank you for coming. Here are the slides and the recording.\nThirty minutes with us are free.",
                "Open the slides",
            ),
        ),
    ),
    (
        "thanks_question",
        "omakase/",
        (
            _Said(
                "セミナーのお礼(問いかけの件名)",
                "御社なら、どの帳票からやめますか?",
                "セミナーの資料と録画をお送りします",
                "件名を問いかけにして、返信のしやすさを比べる",
                "ご参加ありがとうございました。資料と録画をお送りします。\n個別のご相談は30分から承ります。",
                "資料を開く",
            ),
            _Said(
                "Seminar thanks (a question)",
                "Which of your forms would you stop first?",
                "Slides and recording of the seminar",
                "See whether a question in the subject brings more answers",
                "Thank you for coming. Here are the slides and the recording.\nThirty minutes with us are free.",
                "Open the slides",
            ),
        ),
    ),
    (
        "card_thanks",
        "omakase/",
        (
            _Said(
                "名刺交換のお礼",
                "展示会でのお立ち寄り、ありがとうございました",
                "ブースでお話しした事例はこちらです",
                "展示会で話した内容を思い出してもらう",
                "秋の展示会では、お立ち寄りいただきありがとうございました。\nブースでご覧いただいた画面を、1枚にまとめました。",
                "1枚で見る",
            ),
            _Said(
                "Thanks for your card",
                "Thank you for visiting us at the exhibition",
                "The case that we talked about",
                "Remind people of what we talked about at the exhibition",
                "Thank you for visiting us last autumn.\nWhat you saw at our booth, on one page.",
                "See it on one page",
            ),
        ),
    ),
    (
        "wake",
        "market/",
        (
            _Said(
                "おひさしぶりです(ランサー)",
                "この春の募集は、去年の1.4倍です",
                "プロフィールを1行直すだけでも見つかりやすくなります",
                "半年動きのないランサーに、戻る理由をひとつ渡す",
                "しばらくお見かけしていませんでした。お元気ですか。\nこの春は、あなたの分野の募集が増えています。",
                "募集を見る",
            ),
            _Said(
                "It has been a while (freelancers)",
                "1.4 times as many jobs as last spring",
                "One line of your profile makes you easier to find",
                "Give freelancers who were away for half a year one reason to return",
                "It has been a while. How are you?\nThere are more jobs in your field this spring.",
                "See the jobs",
            ),
        ),
    ),
    (
        "guide",
        "market/",
        (
            _Said(
                "はじめての依頼ガイド",
                "最初の依頼は、3行で書けます",
                "よくできた依頼文の例を3つ",
                "登録しただけで止まっている発注者に、書き方の型を渡す",
                "最初の依頼で迷うのは、書き方です。\n「何を・いつまでに・いくらで」の3行から始められます。",
                "例を見る",
            ),
            _Said(
                "Guide to the first order",
                "Your first order fits on three lines",
                "Three good examples",
                "Give clients who only signed up a pattern to write by",
                "The hard part of a first order is how to write it.\nStart with three lines: what, by when, for how much.",
                "See examples",
            ),
        ),
    ),
    (
        "tips",
        "market/",
        (
            _Said(
                "プロフィールのこつ(ランサー)",
                "最初の1件を取った人がしていたこと",
                "写真と、得意なことを1行",
                "登録後3日、プロフィールが空のランサーの背中を押す",
                "最初の1件を取った人の8割は、3日以内にプロフィールを書いていました。\n写真と、得意なことを1行だけでも。",
                "書いてみる",
            ),
            _Said(
                "Profile tips (freelancers)",
                "What those did who got their first job",
                "A picture, and one line about what you do best",
                "Nudge freelancers whose profile is empty after three days",
                "Eight of ten who got a first job had written their profile within three days.\nA picture and one line will do.",
                "Write it",
            ),
        ),
    ),
    (
        "tips_en",
        "en/",
        (
            _Said(
                "英語のご案内(ランサー)",
                "Working with clients in Japan",
                "How proposals are read here",
                "英語で登録した人に、英語の手引きを渡す",
                "This page tells how proposals are read here.",
                "Read in English",
            ),
            _Said(
                "English guide (freelancers)",
                "Working with clients in Japan",
                "How proposals are read here",
                "Give a guide in English to those who signed up in English",
                "This page tells how proposals are read here.",
                "Read in English",
            ),
        ),
    ),
    (
        "inquiry",
        "cases/",
        (
            _Said(
                "問い合わせ後のご案内",
                "先日のご質問に近い事例です",
                "同じ悩みから始まった会社の話",
                "問い合わせだけで終わった人に、近い事例をひとつ渡す",
                "先日はお問い合わせありがとうございました。\n近い悩みから始めた会社の事例をお送りします。",
                "事例を読む",
            ),
            _Said(
                "After an inquiry",
                "A case close to your question",
                "It began with the same trouble",
                "Give those who only asked one case close to theirs",
                "Thank you for your question the other day.\nHere is a company that began with the same trouble.",
                "Read the case",
            ),
        ),
    ),
    (
        "newsletter",
        "",
        (
            _Said(
                "メルマガ登録のお礼(旧)",
                "メルマガへのご登録ありがとうございます",
                "毎月第2火曜にお届けします",
                "登録のお礼と、届く曜日のお知らせ",
                "ご登録ありがとうございます。\n毎月第2火曜の朝にお届けします。",
                "最新号を読む",
            ),
            _Said(
                "Newsletter thanks (old)",
                "Thank you for subscribing",
                "Every second Tuesday of the month",
                "Say thanks, and on which day it comes",
                "Thank you for subscribing.\nIt comes on the morning of every second Tuesday.",
                "Read the latest",
            ),
        ),
    ),
)
