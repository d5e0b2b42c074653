"""Somebody who hears of things is erased: their name goes from what they kept on by a link, and from what followed.

Who has no account stands as the reason of the hold (`holds.keep_on`); from there the name comes into the history of the
hold, and into the reasons of operations. What was done in the name of an account names that, and is not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from environments.models import Hold, Operation
from notifications.erasing import HIDDEN, Told, UsedLink
from portal.history import changes_of

from . import stop_offers


def unname(links: Sequence[UsedLink]) -> list[Told]:
    """Takes the name out of holds that these links placed, of others that were placed again like them, of their history
    and of the reasons of operations since; says of which environments events may name it (`erasing.ask_to_unname`).
    Call it in the transaction that erases."""
    told = []
    for link in links:
        placed = Hold.objects.filter(
            environment=_environment(link), origin=Hold.Origin.LINK, author=None, created_at=link.at
        )
        hold = placed.exclude(reason="").select_related("environment").first()
        if hold is not None:
            told.append(Told(hold.environment.slug, link.at, hold.reason))
            _unname_holds(hold)
            _unname_operations(hold)
    return told


def _environment(link: UsedLink) -> int | None:
    pk = link.subject.partition("@")[0]
    return int(pk) if link.verb == stop_offers.VERB and pk.isdecimal() else None


def _unname_holds(hold: Hold) -> None:
    since = Hold.objects.filter(environment=hold.environment, reason=hold.reason, created_at__gte=hold.created_at)
    # A link of somebody who is called the same is theirs.
    again = since.exclude(origin=Hold.Origin.LINK).values_list("pk", flat=True)
    ids = [hold.pk, *again]
    changes_of(Hold).filter(id__in=ids, reason=hold.reason).update(reason=HIDDEN)
    Hold.objects.filter(pk__in=ids).update(reason=HIDDEN)


def _unname_operations(hold: Hold) -> None:
    said, hidden = f"({hold.reason})", f"({HIDDEN})"
    since = Operation.objects.filter(environment=hold.environment, created_at__gte=hold.created_at)
    for pk, *texts in since.values_list("pk", "reason", "next_wish"):
        clean = [_without(text, said, hidden) for text in texts]
        if clean != texts:
            Operation.objects.filter(pk=pk).update(reason=clean[0], next_wish=clean[1])


def _without(value: Any, said: str, hidden: str) -> Any:
    match value:
        case str():
            return value.replace(said, hidden)
        case dict():
            return {key: _without(one, said, hidden) for key, one in value.items()}
        case list():
            return [_without(one, said, hidden) for one in value]
    return value
