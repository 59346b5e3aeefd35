"""What a browser posts of a form as it is drawn."""

from __future__ import annotations

import html
import re


def posted(page: str) -> dict[str, str]:
    """Fields by name, boxes only where they are ticked, selects with what is chosen."""
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        said = {key: html.unescape(value) for key, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        if "name" in said and (said.get("type") != "checkbox" or re.search(r"\schecked[\s>]", tag)):
            found[said["name"]] = said.get("value", "")
    for name, options in re.findall(r'<select[^>]*\sname="([^"]*)".*?>(.*?)</select>', page, re.DOTALL):
        every = re.findall(r'<option value="([^"]*)"( selected)?>', options)
        found[name] = html.unescape(next((value for value, is_chosen in every if is_chosen), every[0][0]))
    return found
