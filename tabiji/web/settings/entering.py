"""What several forms of the settings check or offer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy

ONE_LINE = RegexValidator(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029]",
    gettext_lazy("Line breaks and control characters cannot stand here."),
    inverse_match=True,
)
LANGUAGES = [("ja", "日本語"), ("en", "English")]


class LineField(forms.CharField):
    """One line of text: what ends up in headers, snippets and lists."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validators=[ONE_LINE], **options)


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M", attrs={"class": "input-short"})
