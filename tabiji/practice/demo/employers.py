"""In which industry the customers' companies are, and how many work there: made up, and the same each time. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tabiji.practice.demo.chance import Chance, sums
from tabiji.practice.demo.content import Language


@dataclass(frozen=True, slots=True)
class Employer:
    industry: str
    employees: int


def employer(name: str, language: Language) -> Employer:
    """Of the company of this name: the industry by the name's ending, the size by chance, most of them small."""
    ending = next((one for one in _INDUSTRIES if name.removesuffix("株式会社").endswith(one)), "")
    industry = _INDUSTRIES.get(ending, _OTHER)[language == "en"]
    if name in _TINY:
        return Employer(industry, _TINY[name])
    chance = Chance(f"employer {name}")
    low, high = _SIZES[chance.weighted(_OFTEN)]
    return Employer(industry, chance.between(low, high))


_INDUSTRIES: Final[dict[str, tuple[str, str]]] = {
    "製作所": ("製造業(部品加工)", "Parts manufacturing"),
    "商事": ("卸売業", "Wholesale"),
    "工業": ("製造業(機械)", "Machinery"),
    "印刷": ("印刷業", "Printing"),
    "食品": ("食品製造業", "Food"),
    "設計": ("建築設計", "Architecture"),
    "物流": ("倉庫・物流業", "Logistics"),
    "電機": ("電気機器製造業", "Electrical equipment"),
    "建材": ("建材卸売業", "Building materials"),
    "運輸": ("運送業", "Transport"),
    "精機": ("精密機器製造業", "Precision instruments"),
    "金属": ("金属加工業", "Metalworking"),
    "紙業": ("紙・紙製品製造業", "Paper"),
    "薬品": ("医薬品卸売業", "Pharmaceuticals"),
    "工務店": ("建設業", "Construction"),
    "農園": ("農業", "Farming"),
    "繊維": ("繊維製造業", "Textiles"),
    "家具": ("家具製造業", "Furniture"),
    "機材": ("機械器具賃貸業", "Equipment hire"),
    "企画": ("企画・デザイン業", "Planning and design"),
    "広告": ("広告業", "Advertising"),
    "不動産": ("不動産業", "Real estate"),
    "保険": ("保険代理業", "Insurance agency"),
    "開発": ("ソフトウェア業", "Software"),
    "情報": ("情報サービス業", "Information services"),
    "映像": ("映像制作業", "Film production"),
    "出版": ("出版業", "Publishing"),
    "教育": ("教育・学習支援業", "Education"),
    "旅行": ("旅行業", "Travel"),
    "包装": ("包装資材製造業", "Packaging"),
    "金物店": ("小売業", "Retail"),
}
_OTHER: Final = ("情報サービス業", "Information services")
_TINY: Final = {"鈴木金物店": 3, "ささき企画": 1}
"""Of the people with a story: a shop of three, and one who works alone."""
_SIZES: Final = ((5, 19), (20, 49), (50, 199), (200, 499), (500, 1_200))
_OFTEN: Final = sums((30, 38, 22, 8, 2))
