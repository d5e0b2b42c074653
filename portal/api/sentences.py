"""What is wrong with a field, in people's words and the reader's language, instead of pydantic's.

The kinds of errors and what they tell: https://docs.pydantic.dev/latest/errors/validation_errors/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

Said = str | Promise

WHOLE_NUMBER: Final = _("This has to be a whole number.")
MOMENT: Final = _("This has to be a date and a time with an offset or Z, for example 2026-11-23T09:00:00+09:00.")
DATE: Final = _("This has to be a date, for example 2026-11-27.")
OBJECT: Final = _("This has to be an object with fields: {…}.")

OF_KIND: Final[Mapping[str, Said]] = {
    "missing": _("This is needed."),
    "extra_forbidden": _("There is no field of this name here. Look whether it is misspelt."),
    "parameter_misspelt": _("%(name)s: there is no such parameter here. Did you mean %(near)s?"),
    "parameter_unknown": _("%(name)s: there is no such parameter here. There are: %(known)s."),
    "parameter_untaken": _("%(name)s: there is no such parameter here. This address takes none."),
    "parameter_twice": _("%(name)s stands there more than once. Give it once."),
    "string_type": _("This has to be a text."),
    "string_too_short": _("This has to have %(min_length)s characters at least."),
    "string_too_long": _("This may have %(max_length)s characters at the most."),
    "too_short": _("This has to have %(min_length)s items at least."),
    "too_long": _("This may have %(max_length)s items at the most."),
    "greater_than": _("This has to be more than %(gt)s."),
    "greater_than_equal": _("This has to be %(ge)s or more."),
    "less_than": _("This has to be less than %(lt)s."),
    "less_than_equal": _("This has to be %(le)s or less."),
    "finite_number": _("This has to be a number."),
    "date_from_datetime_inexact": _("This has to be a date without a time, for example 2026-11-27."),
    "list_type": _("This has to be a list: […]."),
    "none_required": _("This has to be null."),
}
"""By pydantic's name of an error, or ours (`parameters`); what stands in %(…)s is what it tells of it."""

OF_FAMILY: Final[Mapping[str, Said]] = {
    "datetime": MOMENT,
    "timezone": MOMENT,
    "date": DATE,
    "time": _("This has to be a time of the day, for example 09:00."),
    "int": WHOLE_NUMBER,
    "float": _("This has to be a number."),
    "decimal": _("This has to be a decimal number, for example 12.50."),
    "bool": _("This has to be true or false."),
    "model": OBJECT,
    "dict": OBJECT,
    "uuid": _("This has to be a UUID."),
}
"""By what the name of an error begins with: “datetime_parsing”, “datetime_type”, …"""

_of_pattern: dict[str, Said] = {}


def for_pattern(pattern: str, said: Said) -> str:
    """Have `said` be what is told of a text that does not fit the pattern. The pattern, to be used in a field."""
    _of_pattern[pattern] = said
    return pattern


def sentence(error: Mapping[str, Any]) -> str:
    """One error of pydantic, as a sentence in the language that is active; its own for what our validators say."""
    kind, told = str(error.get("type", "")), error.get("ctx") or {}
    if kind in {"value_error", "assertion_error"}:
        said = str(error.get("msg", "")).removeprefix("Value error, ").removeprefix("Assertion failed, ")
        return said if said.endswith(".") else f"{said}."
    if kind in {"literal_error", "enum"}:
        known = re.findall(r"'([^']*)'", str(told.get("expected", "")))
        return gettext("Choose one of: %(known)s.") % {"known": ", ".join(known)}
    if kind == "string_pattern_mismatch" and (pattern := str(told.get("pattern"))) in _of_pattern:
        return str(_of_pattern[pattern])
    found = OF_KIND.get(kind) or OF_FAMILY.get(kind.partition("_")[0])
    if found is None:
        return gettext("This is not as it has to be. The page of documentation says how this field is written.")
    return str(found) % {name: _plain(value) for name, value in told.items()} if kind in OF_KIND else str(found)


def _plain(value: Any) -> Any:
    """24 of 24.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
