"""force_start and force_stop of a schedule: all environments of it that one may switch, asked for once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.core.exceptions import PermissionDenied, ValidationError

from environments import override_events
from environments.models import Environment, Operation, Schedule, Wish
from environments.rules import RuleError
from environments.rules.verb_lexicon import Command, typed
from environments.services import permissions
from notifications.chat.spoken import Answer

from . import texts
from .following import following_many
from .looking import names_of
from .orders import Refused, as_typed, environments_of, has_targets, named
from .switching import RUNS, STOPS, end_of, next_change, place

if TYPE_CHECKING:
    from .orders import Order

SO_ALREADY: Final = {Wish.RUNNING: RUNS, Wish.STOPPED: STOPS}
KIND: Final = {Wish.RUNNING: Operation.Kind.START, Wish.STOPPED: Operation.Kind.STOP}


def switch_all(order: Order, schedule: Schedule, wish: Wish) -> Answer:
    """Asks first, naming how many and which. Those that are so already, have no targets or may not be switched are left
    as they are; those that cannot be switched are told of, each with its reason."""
    kind = str(KIND[wish])
    those = list(environments_of(order).filter(schedule=schedule).order_by("name"))
    concerned = [one for one in those if has_targets(one) and one.state not in SO_ALREADY[wish]]
    if not concerned or not order.user.has_perm(permissions.SWITCH):
        if concerned:
            permissions.require_switch(order.user, concerned[0])
        return order.refusal(texts.NOTHING_TO_SWITCH[kind](order.language, name=schedule.name))
    if not order.asked.confirmed:
        return _asks(order, schedule, wish, concerned, len(those) - len(concerned))
    done, not_done = _switched(order, wish, concerned)
    lines = [texts.DONE_MANY_WORDS(order.language, names=names_of(done, order))] if done else []
    if not_done:
        lines.append(texts.NOT_DONE(order.language, names="\n".join(not_done)))
    if not_done and done and wish is Wish.STOPPED:
        again = as_typed(typed(order.command, named(schedule)))
        lines.append(texts.ONCE_MORE(order.language, command=again))
    return Answer(
        title=texts.DONE_MANY[kind](order.language, name=schedule.name, count=len(done)),
        body="\n".join(lines),
        severity="warning" if not_done else "info",
        refused=not done,
        follows=following_many(kind, order.now) if done else "",
    )


def _asks(order: Order, schedule: Schedule, wish: Wish, concerned: list[Environment], others: int) -> Answer:
    kind = str(KIND[wish])
    lines = [texts.ASK_MANY_WORDS[kind](order.language, names=names_of(concerned, order))]
    if others:
        lines.append(texts.LEFT_ALONE(order.language, count=others))
    title = texts.ASK_MANY[kind](order.language, name=schedule.name, count=len(concerned))
    resolved = typed(_settled(order, wish, concerned), named(schedule))
    return Answer(title, "\n".join(lines), severity="warning", confirm=True, resolved=resolved)


def _settled(order: Order, wish: Wish, concerned: list[Environment]) -> Command:
    """The order with the day and time at which it ends, where that is one for all of them; else as it was said."""
    ends = {(_end(order, one, wish), one.zone_name) for one in concerned}
    return order.settled(*ends.pop()) if len(ends) == 1 else order.command


def _end(order: Order, one: Environment, wish: Wish) -> datetime | None:
    """None where it has no end, or cannot be told."""
    try:
        end = end_of(order, one)
        return end if isinstance(end, datetime) else next_change(order, one, wish)
    except RuleError:
        return None


def _switched(order: Order, wish: Wish, concerned: list[Environment]) -> tuple[list[Environment], list[str]]:
    """Those that were switched, and why each of the others was not."""
    done: list[Environment] = []
    not_done: list[str] = []
    with override_events.as_one_act():
        for one in concerned:
            try:
                place(order, one, wish, end_of(order, one))
            except (PermissionDenied, ValidationError) as error:
                not_done.append(f"{one.name}: {why_not(error)}")
            except Refused as refused:
                not_done.append(f"{one.name}: {refused.answer.body}")
            else:
                done.append(one)
    return done, not_done


def why_not(error: PermissionDenied | ValidationError) -> str:
    """The words of a service that refused."""
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
