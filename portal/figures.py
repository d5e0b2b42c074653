"""Numbers of things as people read them."""

from __future__ import annotations

from django.utils import formats


def grouped(number: int) -> str:
    """“1,234”, as in the language of the request."""
    return formats.number_format(number, use_l10n=True, force_grouping=True)
