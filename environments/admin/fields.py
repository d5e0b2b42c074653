"""Form fields for what people write as text and the database keeps as a list or a mapping; and the choice of a zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from environments.models.schedule import zone_names
from portal.unfolded import SearchSelect, Textarea, TextInput

FURTHEST_YEARS = 10
"""What lasts longer is meant to last for good."""


class Words(forms.CharField):
    """A list of words in one line, separated by commas or spaces."""

    widget = TextInput

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        return [word for word in str(value or "").replace(",", " ").split() if word]


class Lines(forms.CharField):
    """A list of strings, one a line."""

    widget = Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]


class Pairs(forms.CharField):
    """A mapping, `key=value` a line. A line without = is refused, with the line."""

    widget = Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{k}={v}" for k, v in sorted(value.items())) if isinstance(value, Mapping) else value

    def to_python(self, value: Any) -> dict[str, str]:  # type: ignore[override]
        pairs: dict[str, str] = {}
        for line in (line.strip() for line in str(value or "").splitlines()):
            name, equals, text = line.partition("=")
            if line and not (equals and name.strip()):
                raise ValidationError(_("“%(line)s” is not of the form key=value.") % {"line": line})
            if line:
                pairs[name.strip()] = text.strip()
        return pairs


def refuse_another_age(day: date, now: datetime) -> None:
    """Raises ValidationError for years that nobody means, and at whose ends no clock can be set to another zone."""
    if day.year < now.year - 1:
        raise ValidationError(_("This time has passed. Choose one in the future."))
    if day.year > now.year + FURTHEST_YEARS:
        raise ValidationError(_("This is more than %(count)s years away.") % {"count": FURTHEST_YEARS})


def zone_select(empty: str = "") -> forms.Select:
    """Every time zone there is, to be found by typing; with `empty`, none of them may be chosen and means that."""
    first = [("", empty)] if empty else []
    return SearchSelect(choices=[*first, *((zone, zone) for zone in sorted(zone_names()))])
