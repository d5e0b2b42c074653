"""Amounts that something is not in, because it has no price: “at least $2.66”, and what is not in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from environments.models.texts import in_language
from environments.services.cost_gaps import Gaps

from .costs_words import hours

# So many things are named, and how many more there are.
NAMED: Final = 3


def at_least(amount: str, lacking: str) -> str:
    """The amount as it is, or the least that it is."""
    return _("at least %(amount)s") % {"amount": amount} if lacking else amount


def things(what: Iterable[Mapping[str, Any]]) -> str:
    """“App Runner vCPU, db”: what has no price, of one environment; empty where all has one."""
    return _listed(in_language(one["what"]) for one in what)


def things_of(found: Gaps) -> str:
    """The same of what the costs of one environment do not have in them: what has no price now, and what ran without
    one, for how long."""
    now = [in_language(what["what"]) for one in (*found.without, *found.partly) for what in one.what]
    those = {name: spent for one in (*found.without, *found.ran) for name, spent in one.ran if name not in now}
    return _listed([*now, *(f"{name} ({hours(spent)})" for name, spent in those.items())])


def _listed(names: Iterable[str]) -> str:
    each = list(dict.fromkeys(names))
    named = ", ".join(each[:NAMED])
    if len(each) > NAMED:
        return _("%(names)s and %(count)s more") % {"names": named, "count": len(each) - NAMED}
    return named
