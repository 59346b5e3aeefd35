"""The customers' companies have a trade and a size: by their name, and the same each time."""

from __future__ import annotations

from collections import Counter

from tabiji.practice.demo import employers, names


def test_the_name_says_the_trade_and_most_are_small() -> None:
    found = [employers.employer(names.company(number).name, "ja") for number in range(1_200)]

    assert employers.employer("かえで印刷株式会社", "ja").industry == "印刷業"
    assert employers.employer("株式会社かえで印刷", "en").industry == "Printing"
    assert Counter(one.industry for one in found).most_common(1)[0][1] < 100
    assert 600 < sum(1 for one in found if one.employees < 50) < 1_000
    assert max(one.employees for one in found) <= 1_200 and min(one.employees for one in found) >= 5


def test_a_company_is_the_same_each_time() -> None:
    assert employers.employer("株式会社みそら製作所", "ja") == employers.employer(
        "株式会社みそら製作所", "ja"
    )
    assert employers.employer("鈴木金物店", "ja") == employers.Employer("小売業", 3)
    assert employers.employer("株式会社競創ワークス", "ja").industry == "情報サービス業"
