"""Money on the board: today and the month of all that one sees, today of each row, the price of more hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.contrib.auth.models import AnonymousUser, User
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from environments import rules
from environments.models import Environment
from environments.models.texts import in_language
from environments.services import cost_gaps, cost_totals, costs
from environments.services.cost_now import Now, hours_of
from environments.services.cost_scope import Scope
from environments.services.permissions import SEE_COSTS
from portal.money import money_words, share_words

from .unknown_zones import of_known_zones

# Amounts read anew in these steps: rows as their bars do, the tiles above them each minute.
ROW_STEP, TILE_STEP = timedelta(minutes=5), timedelta(minutes=1)
NONE = "–"
# Of what has no price, so many are named.
NAMED = 3


@dataclass(frozen=True, slots=True)
class Spent:
    """What all that the user sees cost, in words; several currencies stand beside each other.

    `is_known`: something has a price and was reckoned; `is_reckoning`: something has a price, and today or all of it is
    still to be reckoned.
    """

    is_known: bool
    is_reckoning: bool
    today: str
    today_always: str
    month: str
    saved: str
    share: str
    of_month: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What a row cost today, in words; empty where nothing has a price."""

    today: str = ""
    saved: str = ""


def spent(user: User | AnonymousUser, now: datetime) -> Spent | None:
    """The tiles of money; None for those who may not see costs. Three queries, whatever the number of environments, and
    one more while today has no amount."""
    if not user.has_perm(SEE_COSTS):
        return None
    moment, visible = _step(now, TILE_STEP), Environment.objects.visible_to(user)
    try:
        found = cost_totals.totals(environments=visible, now=moment)
    except rules.RuleError:  # one of them is in a zone that is not known here: the others' money is told all the same
        visible = of_known_zones(visible)
        found = cost_totals.totals(environments=visible, now=moment)
    today, month = found.today, found.month
    shares = [share_words(_not_all(one.share)) for one in month if one.always_on] if len(month) == 1 else []
    return Spent(
        is_known=bool(month),
        is_reckoning=not (today and month) and cost_totals.is_reckoning(environments=visible, now=now),
        today=_words(today, "estimate") or NONE,
        today_always=_words(today, "always_on"),
        month=formats.date_format(moment.date(), "F"),
        saved=_words(month, "saved") or NONE,
        share=shares[0] if shares else "",
        of_month=_words(month, "estimate"),
    )


def today_of(user: User | AnonymousUser, ids: Iterable[int], now: datetime) -> dict[int, Cost]:
    """What each of these cost today so far; nothing for those who may not see costs. Two queries."""
    if not user.has_perm(SEE_COSTS):
        return {}
    found = costs.so_far(environments=ids, now=_step(now, ROW_STEP))
    return {pk: Cost(_words(those, "estimate"), _saved(those)) for pk, those in found.items() if those}


class Prices:
    """What more hours of running cost these environments; nothing where nothing has a price, and “at least $0.44” where
    something has none."""

    def __init__(self, user: User | AnonymousUser, environments: Sequence[Environment | int], now: datetime) -> None:
        """Three queries, and three more at most where something has a price."""
        self._each: Mapping[int, Mapping[str, Decimal]] = {}
        self._gaps = cost_gaps.Gaps()
        self._is_one = len(environments) == 1
        if not (environments and user.has_perm(SEE_COSTS)):
            return
        self._each = costs.an_hour(environments=environments, now=now)
        if any(self._each.values()):
            self._gaps = cost_gaps.unpriced_now(scope=Scope(user, environments=tuple(self._each)), now=now)

    def of(self, time: timedelta) -> str:
        """“$0.44” for so much more of them all; empty where nothing has a price."""
        return self.of_each(dict.fromkeys(self._each, time))

    def of_each(self, times: Mapping[int, timedelta]) -> str:
        """The same for so much more of each, by its id; of those that are not named, nothing."""
        found: dict[str, Decimal] = {}
        for pk, time in times.items():
            hours = hours_of(time)
            for currency, amount in self._each.get(pk, {}).items():
                more = amount * hours.numerator / hours.denominator
                found[currency] = found.get(currency, Decimal(0)) + more
        amounts = _joined(money_words(amount, name) for name, amount in sorted(found.items()))
        return _("at least %(amount)s") % {"amount": amounts} if amounts and self._lacking else amounts

    @property
    def an_hour(self) -> str:
        return self.of(timedelta(hours=1))

    @property
    def an_hour_and_gaps(self) -> str:
        """“at least $0.44 (App Runner vCPU has no price)”."""
        missing = self._missing()
        return f"{self.an_hour} ({missing})" if missing and self.an_hour else self.an_hour

    @property
    def _lacking(self) -> int:
        return self._gaps.without_count + self._gaps.partly_count

    def _missing(self) -> str:
        """“App Runner vCPU has no price”; of several environments each with its name. The first few, and how many
        more."""
        said = list(dict.fromkeys(self._things()))
        names, more = ", ".join(said[:NAMED]), len(said) - NAMED
        # What is beyond those that were read is counted by environments and targets.
        more = max(more, 0) + self._lacking - len(self._gaps.without) - len(self._gaps.partly)
        if not said:
            return ""
        if more > 0:
            return _("%(names)s and %(count)s more have no price") % {"names": names, "count": more}
        return ngettext("%(names)s has no price", "%(names)s have no price", len(said)) % {"names": names}

    def _things(self) -> Iterable[str]:
        yield from (one.name for one in self._gaps.without)
        for one in self._gaps.partly:
            for what in one.what:
                thing = in_language(what["what"])
                yield thing if self._is_one else f"{one.name}: {thing}"


def _words(found: Sequence[Now], name: str) -> str:
    return _joined(money_words(getattr(one, name), one.currency) for one in found)


def _saved(found: Sequence[Now]) -> str:
    amounts = _joined(money_words(one.saved, one.currency) for one in found if one.saved > 0)
    return _("saved %(amount)s") % {"amount": amounts} if amounts else ""


def _joined(words: Iterable[str]) -> str:
    return " + ".join(words)


def _not_all(share: Decimal) -> Decimal:
    """What is not all is never rounded to it."""
    return min(share, Decimal("0.99")) if share < 1 else share


def _step(now: datetime, step: timedelta) -> datetime:
    return datetime.fromtimestamp(now.timestamp() // step.total_seconds() * step.total_seconds(), UTC)
