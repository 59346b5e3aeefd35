"""An editor as a browser holds it: the form of the page, its values, sent back as they stand."""

from __future__ import annotations

from html.parser import HTMLParser

from django.http import QueryDict


class _Form(HTMLParser):
    """The fields of the form with this id, in their order, without what a script would copy."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self._form_id = form_id
        self._is_inside = False
        self._templates = 0
        self._select = ""
        self._options: list[tuple[str, bool]] = []
        self._area: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_inside = told.get("id") == self._form_id
        self._templates += tag == "template"
        if not self._is_inside or self._templates or (not told.get("name") and tag != "option"):
            return
        if tag == "input" and told.get("type") not in ("submit", "button"):
            if told.get("type") not in ("checkbox", "radio"):
                self.fields.append((told["name"], told.get("value", "")))
            elif "checked" in told:
                self.fields.append((told["name"], told.get("value", "on")))
        elif tag == "textarea":
            self._area = (told["name"], [])
        elif tag == "select":
            self._select, self._options = told["name"], []
        elif tag == "option" and self._select:
            self._options.append((told.get("value", ""), "selected" in told))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        elif tag == "template":
            self._templates -= 1
        elif tag == "textarea" and self._area is not None:
            name, words = self._area
            # As browsers do: the line break behind the opening tag is not part of the text.
            self.fields.append((name, "".join(words).removeprefix("\r\n").removeprefix("\n")))
            self._area = None
        elif tag == "select" and self._select:
            chosen = [value for value, is_selected in self._options if is_selected]
            first = [value for value, _ in self._options[:1]]
            self.fields += [(self._select, value) for value in (chosen or first)[:1]]
            self._select = ""


def typed(page: str, form_id: str = "editor") -> QueryDict:
    """What a browser would send if nothing were typed."""
    form = _Form(form_id)
    form.feed(page)
    data = QueryDict(mutable=True)
    for name, value in form.fields:
        data.appendlist(name, value)
    assert data, f"the page has no form {form_id!r}"
    return data
