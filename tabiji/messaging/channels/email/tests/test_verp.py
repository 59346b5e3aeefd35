import pytest

from tabiji.messaging.channels.email import verp


def test_a_token_comes_back_from_its_address() -> None:
    address = verp.make("m1-aB_9", "b.tanomore.example")

    assert address == "bounce+m1-aB_9@b.tanomore.example"
    assert verp.parse(address, "b.tanomore.example") == "m1-aB_9"
    assert verp.parse(f"<{address.upper()}>", "B.Tanomore.example") == "M1-AB_9"


def test_purposes_and_domains_are_kept_apart() -> None:
    address = verp.make("t1", "b.tanomore.example", "unsubscribe")

    assert verp.parse(address, "b.tanomore.example", "unsubscribe") == "t1"
    assert verp.parse(address, "b.tanomore.example") is None
    assert verp.parse(address, "other.example", "unsubscribe") is None
    assert verp.parse("bounce@b.tanomore.example", "b.tanomore.example") is None
    assert verp.parse("bounce+t1@b.tanomore.example.evil.example", "b.tanomore.example") is None


def test_an_internationalised_domain_is_compared_in_its_wire_form() -> None:
    assert verp.parse(verp.make("t1", "返送.jp"), "返送.jp") == "t1"


@pytest.mark.parametrize("token", ["", "a b", "a+b", "a@b", "a\r\n", "é", "x" * 58])
def test_a_token_that_does_not_fit_is_refused(token: str) -> None:
    with pytest.raises(verp.BadToken):
        verp.make(token, "b.tanomore.example")


def test_the_longest_token_makes_a_local_part_of_64_octets() -> None:
    address = verp.make("x" * 57, "b.tanomore.example")

    assert len(address.partition("@")[0]) == 64
