"""What users read: complete in Japanese, one word for one thing, no words of the code."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from tabiji.runtime import messages

NEVER_ENGLISH = re.compile(
    r"\b(enrolments?|intents?|nodes?|poison|UUID|JSON|null|contacts? list|segments?|campaigns?)\b",
    re.IGNORECASE,
)
NEVER_JAPANESE = (
    "コンタクト",
    "オーディエンス",
    "キャンペーン",
    "プログラム",
    "エンロール",
    "架電する",
    "セグメンテーション",
)
ALLOWED = {"A file in JSON is not a table."}
PLACE = re.compile(r"%\((\w+)\)[sd]|%[sd]")


def catalogues() -> Iterator[tuple[str, Catalog]]:
    for path in sorted(messages.BASE.glob("**/locale/ja/LC_MESSAGES/django.po")):
        with path.open("rb") as source:
            yield str(path.relative_to(messages.BASE).parents[3]), read_po(source, locale="ja")


def entries() -> Iterator[tuple[str, Message]]:
    for room, catalog in catalogues():
        for message in catalog:
            if message.id:
                yield room, message


def forms(text: object) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, tuple | list) else (str(text),)


def test_every_sentence_of_the_code_has_its_japanese() -> None:
    assert messages.missing() == []


def test_the_catalogues_hold_what_the_code_says_and_nothing_else() -> None:
    stale = []
    for room in messages.rooms():
        file = room / "locale" / "ja" / "LC_MESSAGES" / "django.po"
        if file.exists():
            with file.open("rb") as source:
                standing = {(m.context, forms(m.id)) for m in read_po(source, locale="ja") if m.id}
            wanted = {(m.context, forms(m.id)) for m in messages.merged(room) if m.id}
            stale += [f"{room.name}: {one}" for one in sorted(standing ^ wanted, key=str)]

    assert stale == [], "run `make messages`"


def test_one_sentence_has_one_japanese_in_the_whole_house() -> None:
    """Django merges all catalogues into one: of two translations, the last to load would win everywhere."""
    said: dict[object, dict[object, list[str]]] = defaultdict(lambda: defaultdict(list))
    for room, message in entries():
        said[message.context, forms(message.id)[0]][forms(message.string)[0]].append(room)

    assert {key: dict(ways) for key, ways in said.items() if len(ways) > 1} == {}


def test_translations_keep_every_place_to_be_filled() -> None:
    wrong = []
    for room, message in entries():
        wanted = {place for form in forms(message.id) for place in PLACE.findall(form)}
        for form in forms(message.string):
            if form and not set(PLACE.findall(form)) <= wanted:
                wrong.append(f"{room}: {form}")
            if form and not isinstance(message.id, tuple) and set(PLACE.findall(form)) != wanted:
                wrong.append(f"{room}: {form} leaves something out of {message.id}")

    assert wrong == []


@pytest.mark.parametrize("language", ["en", "ja"])
def test_words_of_the_code_and_of_other_systems_are_not_shown(language: str) -> None:
    found = []
    for room, message in entries():
        for form in forms(message.id if language == "en" else message.string):
            bad = NEVER_ENGLISH.search(form) if language == "en" else None
            japanese = [word for word in NEVER_JAPANESE if word in form] if language == "ja" else []
            if (bad or japanese) and form not in ALLOWED:
                found.append(f"{room}: {form}")

    assert found == []
