import pytest

from tabiji.messaging.channels.email import addresses
from tabiji.messaging.channels.email.addresses import BadAddress


@pytest.mark.parametrize(
    ("written", "wire"),
    [
        ("misaki@aoba.example", "misaki@aoba.example"),
        ("a.b+c=d@sub.aoba.example", "a.b+c=d@sub.aoba.example"),
        ("a..b@docomo.ne.jp", '"a..b"@docomo.ne.jp'),
        (".foo@ezweb.ne.jp", '".foo"@ezweb.ne.jp'),
        ("foo.@t.vodafone.ne.jp", '"foo."@t.vodafone.ne.jp'),
        ('"a..b"@docomo.ne.jp', '"a..b"@docomo.ne.jp'),
        ('"plain"@aoba.example', "plain@aoba.example"),
        ('"with space"@aoba.example', '"with space"@aoba.example'),
        (r'"a\"b"@aoba.example', r'"a\"b"@aoba.example'),
        ("info@日本語.jp", "info@xn--wgv71a119e.jp"),
        ("info@ＡＯＢＡ。example", "info@aoba.example"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_an_address_gets_its_wire_form(written: str, wire: str) -> None:
    assert addresses.wire_address(written) == wire


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "empty"),
        ("misaki", "no_at"),
        ("a..b@aoba.example", "local_part"),
        ("a b@docomo.ne.jp", "local_part"),
        ("a@b@aoba.example", "local_part"),
        ("a@", "domain"),
        ("a@-x.example", "domain"),
        ("a@x..example", "domain"),
        ("a@x.example>", "domain"),
        ("a@x.example\r\nRCPT TO:<b@x.example>", "domain"),
        ("a\r\n@x.example", "local_part"),
        ("a\x00@x.example", "local_part"),
        ("a@日本\u2028語.jp", "domain"),
        ("佐藤@aoba.example", "not_ascii"),
        ("a" * 65 + "@aoba.example", "too_long"),
        ("a@" + ".".join(["x" * 60] * 5), "too_long"),
    ],
)
def test_an_address_that_cannot_be_written_raises_with_its_reason(written: str, reason: str) -> None:
    with pytest.raises(BadAddress) as caught:
        addresses.wire_address(written)

    assert caught.value.reason == reason


def test_carriers_are_known_with_their_sub_domains_only() -> None:
    assert addresses.is_carrier("docomo.ne.jp")
    assert addresses.is_carrier("EZWEB.ne.jp")
    assert addresses.is_carrier("t.vodafone.ne.jp")
    assert not addresses.is_carrier("notdocomo.ne.jp")
    assert addresses.domain_of("a..b@DOCOMO.ne.jp") == "docomo.ne.jp"
    assert addresses.domain_of("nothing") == ""
