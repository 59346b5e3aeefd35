"""Every page in a browser: accessible, quiet in the console, and no wider than its window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import AXE, Stack, Visit

pytestmark = [
    pytest.mark.soak,
    pytest.mark.browser,
    pytest.mark.xdist_group("demo"),
    pytest.mark.timeout(1_500),
]
LISTS = (
    "",
    "todos/",
    "notices/",
    "people/",
    "companies/",
    "audiences/",
    "audiences/new/",
    "lists/",
    "imports/",
    "imports/new/",
    "duplicates/",
    "consent/",
    "initiatives/",
    "kpi/",
    "experiments/",
    "journeys/",
    "journeys/new/",
    "broadcasts/",
    "sending/",
    "mails/",
    "pages/",
    "forms/",
    "hand-overs/",
    "deals/",
    "appointments/",
    "team/",
    "funnels/",
    "results/",
    "attribution/",
    "rejects/",
    "members/",
    "scoring/",
    "fields/",
    "sending-domain/",
    "keys/",
    "business-days/",
    "exclusions/",
    "audit/",
    "health/",
    "profile/",
    "practice/mail/",
)
DETAILS = (
    ("people/", "people"),
    ("companies/", "companies"),
    ("audiences/", "audiences"),
    ("lists/", "lists"),
    ("imports/", "imports"),
    ("initiatives/", "initiatives"),
    ("experiments/", "experiments"),
    ("journeys/", "journeys"),
    ("broadcasts/", "broadcasts"),
    ("mails/", "mails"),
    ("pages/", "pages"),
    ("forms/", "forms"),
    ("hand-overs/", "hand-overs"),
    ("deals/", "deals"),
    ("funnels/", "funnels"),
    ("fields/", "fields"),
)
"""The first row of each list leads to a detail page."""
NO_DETAILS = ("new", "export", "sender", "?")
"""How addresses go on that stand on a list and lead to no row of it."""
KEY_PAGES = ("", "people/", "person", "initiatives/", "initiative", "journey", "funnels/", "hand-overs/")

Open = Callable[..., Visit]
SignIn = Callable[[Visit, str], None]


def serious(window: Visit) -> list[dict[str, Any]]:
    """Axe's serious and critical findings: rule, and the elements."""
    window.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = window.page.evaluate(
        "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
        ".filter(one => ['serious', 'critical'].includes(one.impact))"
        ".map(one => ({rule: one.id, nodes: one.nodes.slice(0, 3).map(node => node.html.slice(0, 160))}))"
    )
    return list(found)


def overflow(window: Visit) -> int:
    """Pixels by which the page is wider than its window."""
    return int(
        window.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def first_of(window: Visit, stack: Stack, listed: str, part: str) -> str:
    window.go(stack.page(listed))
    links = window.page.eval_on_selector_all(
        "main a[href]", "all => all.map(one => one.getAttribute('href'))"
    )
    prefix = stack.page(f"{part}/").removeprefix(stack.base)
    wanted = [
        one for one in links if one.startswith(prefix) and one.split("?")[0].rstrip("/") != prefix.rstrip("/")
    ]
    details = [
        one for one in wanted if len(one.removeprefix(prefix).split("?")[0].strip("/").split("/")) == 1
    ]
    details = [one for one in details if not one.removeprefix(prefix).startswith(NO_DETAILS)]
    assert details, f"{listed} leads to no detail page"
    return str(details[0])


def test_every_page_is_accessible_and_quiet_in_japanese_at_1440(
    stack: Stack, visit: Open, sign_in: SignIn
) -> None:
    window = visit()
    sign_in(window, "megumi")
    addresses = [stack.page(path) for path in LISTS]
    addresses += [stack.base + first_of(window, stack, *one) for one in DETAILS]
    found: dict[str, Any] = {}
    for address in addresses:
        window.complaints.clear()
        status = window.go(address)
        window.page.wait_for_load_state("networkidle")
        wrong = {
            "status": status if status != 200 else None,
            "axe": serious(window),
            "console": list(window.complaints),
            "wider by": overflow(window) or None,
        }
        found[address.removeprefix(stack.base)] = {what: one for what, one in wrong.items() if one}

    assert {address: wrong for address, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(("width", "language"), [(1440, "en"), (390, "ja"), (390, "en")])
def test_key_pages_at_other_widths_and_in_english(
    width: int, language: str, stack: Stack, visit: Open, sign_in: SignIn
) -> None:
    window = visit(width=width, language=language)
    sign_in(window, "megumi")
    window.page.evaluate(
        "language => fetch('/language/', {method: 'POST', headers: {'X-CSRFToken':"
        " document.querySelector('[name=csrfmiddlewaretoken]').value}, body: new URLSearchParams({language})})",
        language,
    )
    named = {
        "person": first_of(window, stack, "people/", "people"),
        "initiative": first_of(window, stack, "initiatives/", "initiatives"),
        "journey": first_of(window, stack, "journeys/", "journeys"),
    }
    found: dict[str, Any] = {}
    for key in KEY_PAGES:
        window.complaints.clear()
        status = window.go(stack.base + named[key] if key in named else stack.page(key))
        window.page.wait_for_load_state("networkidle")
        assert window.page.get_attribute("html", "lang") == language
        wrong = {
            "status": status if status != 200 else None,
            "axe": serious(window),
            "console": list(window.complaints),
            "wider by": overflow(window) or None,
        }
        found[key] = {what: one for what, one in wrong.items() if one}

    assert {key: wrong for key, wrong in found.items() if wrong} == {}


def test_a_phone_shows_which_entry_is_open(stack: Stack, visit: Open, sign_in: SignIn) -> None:
    window = visit(width=390, language="en")
    sign_in(window, "megumi")
    for last in ("exclusions/", "health/", "consent/"):
        window.go(stack.page(last))

        lit = window.page.locator(".subnav [aria-current]").bounding_box()

        assert lit is not None
        assert lit["x"] >= 0 and lit["x"] + lit["width"] <= 390, last


def test_the_scan_finds_what_it_looks_for(stack: Stack, visit: Open) -> None:
    window = visit(width=390)
    window.go(f"{stack.base}/accounts/login/")
    window.page.evaluate(
        "document.querySelector('main').innerHTML += '<img src=\"/none\"><button></button>"
        "<div class=\"wide\">x</div>'; document.querySelector('.wide').style.width = '900px'"
    )
    window.page.wait_for_load_state("networkidle")

    assert {"image-alt", "button-name"} <= {one["rule"] for one in serious(window)}
    assert overflow(window) > 0
    assert window.complaints
