"""The exhibition's cards: a file of 832 rows in cp932, as a scanner's service writes it; 12 rows are wrong.

820 people come of it, 90 of them without a mail address. The file is what a colleague would drop on the
import's page.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from tabiji.core import paging
from tabiji.people.contracts import Basis
from tabiji.people.public import imports, naming, persons
from tabiji.practice.demo import cast, days
from tabiji.practice.demo.cast import Cast, Person
from tabiji.practice.demo.company import Company
from tabiji.practice.demo.content import Language

NAME: Final = "展示会名刺_2025秋.csv"
ENCODING: Final = "cp932"
ROWS: Final = 832
WRONG: Final = 12
HEADER: Final = (
    "会社名",
    "部署名",
    "役職",
    "姓",
    "名",
    "e-mail",
    "TEL会社",
    "携帯電話",
    "名刺交換日",
    "区分",
)
_FIELDS: Final = {
    "会社名": "company",
    "部署名": "department",
    "役職": "title",
    "姓": "last_name",
    "名": "first_name",
    "e-mail": "email",
    "携帯電話": "phone",
    "区分": "role",
    "名刺交換日": "exchanged_on",
}
_EXCHANGED: Final = cast.EXHIBITION.strftime("%Y/%m/%d")


def file(people: Cast, language: Language) -> bytes:
    """The whole file, CRLF, header first."""
    rows = [_row(one, language) for one in people.of("card")]
    for place, wrong in enumerate(_WRONG):
        rows.insert(40 + place * 67, wrong)
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows([HEADER, *rows])
    return written.getvalue().encode(ENCODING)


def bring_in(company: Company, people: Cast) -> dict[int, UUID]:
    """Import the file, in the open scope; the ids of those who came, by number."""
    wrong = _import(file(people, company.language), company)
    if wrong != WRONG:
        raise AssertionError(f"{wrong} rows of the cards' file failed, not {WRONG}")
    return _found(company, people)


def _row(one: Person, language: Language) -> tuple[str, ...]:
    role = cast.ROLES[one.role][language == "en"] if one.role else ""
    return (
        one.company,
        one.department,
        one.title,
        one.last_name,
        one.first_name,
        one.email,
        "",
        one.phone,
        _EXCHANGED,
        role,
    )


def _import(content: bytes, company: Company) -> int:
    """As Aoi does it on the import's page: upload, say what the columns are, start; how many rows failed."""
    aoi = company.actor("aoi")
    made = imports.upload(NAME, content, actor=aoi, now=days.FOUNDING)
    columns = {HEADER.index(column): field for column, field in _FIELDS.items()}
    options = imports.Options(basis=Basis.CARD.value, source=company.say(*cast.SOURCES["card"]))
    imports.map_columns(made, columns, options, actor=aoi)
    imports.start(made, actor=aoi)
    while imports.get(made).state == "running":
        imports.run_chunk(days.FOUNDING)
    return len(imports.problems(made, ROWS))


def _found(company: Company, people: Cast) -> dict[int, UUID]:
    by_address: dict[str, UUID] = {}
    query = paging.ListQuery({"source": company.say(*cast.SOURCES["card"])}, limit=1_000)
    for one in persons.list_people(query).rows:
        by_address[one.email or one.phone] = one.id
    return {
        one.number: by_address[naming.email_key(one.email) if one.email else naming.phone_key(one.phone)]
        for one in people.of("card")
    }


def _wrong(**values: str) -> tuple[str, ...]:
    given = {"会社名": "株式会社みほん", "姓": "見本", "名": "太郎", "名刺交換日": _EXCHANGED} | values
    return tuple(given.get(column, "") for column in HEADER)


_WRONG: Final[tuple[tuple[str, ...], ...]] = (
    _wrong(**{"e-mail": "taro.mihon.example"}),
    _wrong(**{"e-mail": "hanako@mihon,example", "名": "花子"}),
    _wrong(**{"e-mail": "jiro@mihon", "名": "次郎"}),
    _wrong(**{"e-mail": "saburo mihon@mihon.example", "名": "三郎"}),
    _wrong(**{"姓": "", "名": "", "e-mail": ""}),
    _wrong(**{"姓": "", "名": "", "会社名": "有限会社みほん堂"}),
    _wrong(**{"会社名": "", "e-mail": "", "携帯電話": ""}),
    _wrong(**{"e-mail": "shiro@mihon.example", "名": "四郎", "名刺交換日": "2025/13/12"}),
    _wrong(**{"e-mail": "goro@mihon.example", "名": "五郎", "名刺交換日": "昨年秋"}),
    _wrong(**{"e-mail": "rokuro@mihon.example", "名": "六郎", "区分": "発注"}),
    _wrong(**{"e-mail": "nana@mihon.example", "名": "奈々", "区分": "不明"}),
    _wrong(**{"e-mail": "hachi@mihon.example", "名": "八", "区分": "代理店"}),
)


def wrong_rows() -> Iterable[tuple[str, ...]]:
    """The rows that cannot be taken in."""
    return _WRONG
