import base64

import pytest

from tabiji.messaging.channels.email import charsets


def test_iso_2022_jp_as_the_standard_has_it() -> None:
    assert charsets.decode("佐藤です。\r\nabc".encode("iso2022_jp"), "ISO-2022-JP") == "佐藤です。\r\nabc"


def test_iso_2022_jp_with_the_letters_of_windows() -> None:
    # ①㈱ are row 13, 髙 is row 92 (NEC selected IBM letters): Python's own codec refuses them.
    octets = b"\x1b$B-!-j|b\x1b(B ok"
    with pytest.raises(UnicodeDecodeError):
        octets.decode("iso2022_jp")

    assert charsets.decode(octets, "iso-2022-jp") == "①㈱髙 ok"


def test_half_width_kana_by_escape_by_shift_and_raw() -> None:
    assert charsets.decode(b"\x1b(I6@6E\x1b(B!", "iso-2022-jp") == "ｶﾀｶﾅ!"
    assert charsets.decode(b"\x0e6@6E\x0f!", "iso-2022-jp") == "ｶﾀｶﾅ!"
    assert charsets.decode("ｶﾀｶﾅ".encode("cp932"), "iso-2022-jp") == "ｶﾀｶﾅ"


@pytest.mark.parametrize("label", ["Shift_JIS", "x-sjis", "windows-31j", '"cp932"'])
def test_shift_jis_means_the_table_of_windows(label: str) -> None:
    assert charsets.decode("①㈱髙ｶﾅ～".encode("cp932"), label) == "①㈱髙ｶﾅ～"


@pytest.mark.parametrize("codec", ["utf-8", "cp932", "iso2022_jp"])
@pytest.mark.parametrize("label", [None, "us-ascii", "x-unknown", "zlib", "punycode", "unicode_escape"])
def test_a_missing_or_lying_label_is_decided_by_look(codec: str, label: str | None) -> None:
    assert charsets.decode("お世話になっております。".encode(codec), label) == "お世話になっております。"


def test_nothing_makes_it_raise_and_no_nul_comes_out() -> None:
    hostile = bytes(range(256)) * 3
    labels = [*charsets._OTHERS, "iso-2022-jp", "shift_jis", "utf-8", None]

    for label in labels:
        text = charsets.decode(hostile, label)
        assert "\0" not in text
        text.encode("utf-8")


def test_a_header_cut_within_a_character_is_joined() -> None:
    octets = "資料請求ありがとうございます".encode()
    first, second = (base64.b64encode(piece).decode() for piece in (octets[:10], octets[10:]))

    assert charsets.decode_header(f"Re: =?UTF-8?B?{first}?=\r\n =?utf-8?B?{second}?= end") == (
        "Re: 資料請求ありがとうございます end"
    )


def test_headers_in_q_in_iso_2022_jp_and_raw() -> None:
    jis = base64.b64encode("不在のお知らせ".encode("iso2022_jp")).decode()
    raw = "不在".encode("cp932").decode("utf-8", "surrogateescape")

    assert charsets.decode_header("=?utf-8?Q?a=20b_=E4=BD=90?=") == "a b 佐"
    assert charsets.decode_header(f"=?ISO-2022-JP?B?{jis}?=") == "不在のお知らせ"
    assert charsets.decode_header(raw) == "不在"
    assert charsets.decode_header("=?utf-8?B?%%%?= =?x?B?YQ?=") == "a"
