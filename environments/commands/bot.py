"""Who answers in chats: understands an order, has it done with the rights of who asked, and never raises for what
people type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.utils import translation

from environments import rules
from environments.models import Environment, Hold, Schedule, Wish
from environments.rules.verb_lexicon import ENVIRONMENT, Named, Verb
from environments.rules.verbs import Misunderstood, parse
from environments.rules.zones import zone
from notifications.chat.spoken import Answer
from portal.origin import acting

from . import days, excepting, looking, many, money, switching, texts
from .following import followed
from .orders import Order, Refused, environments_of, known_to, refusal, schedules_of
from .talking import help_for, not_understood, which

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import User

    from notifications.chat.spoken import Asked

NAMES: Final = 25
OF_ONE: Final[Mapping[Verb, Callable[[Order, Environment], Answer]]] = {
    Verb.STATUS: looking.status_of,
    Verb.INFO: days.info_of,
    Verb.WHY: looking.why_of,
    Verb.COST: money.cost_of,
    Verb.EXCEPTION_INFO: days.exceptions_of,
    Verb.EXCEPTION_SET: excepting.set_exception,
    Verb.EXCEPTION_DEL: excepting.delete_exception,
    Verb.FORCE_START: switching.force_start,
    Verb.FORCE_STOP: switching.force_stop,
    Verb.EXTEND: switching.extend,
}
OF_SCHEDULES: Final[Mapping[Verb, Callable[[Order, Schedule], Answer]]] = {
    Verb.STATUS: looking.status_of_schedule,
    Verb.INFO: days.info_of_schedule,
    Verb.EXCEPTION_INFO: days.exceptions_of_schedule,
    Verb.EXCEPTION_SET: excepting.set_exception,
    Verb.EXCEPTION_DEL: excepting.delete_exception,
    Verb.FORCE_START: lambda order, schedule: many.switch_all(order, schedule, Wish.RUNNING),
    Verb.FORCE_STOP: lambda order, schedule: many.switch_all(order, schedule, Wish.STOPPED),
}
OF_ALL: Final[Mapping[Verb, Callable[[Order], Answer]]] = {
    Verb.STATUS: looking.status_of_all,
    Verb.COST: money.cost_of_all,
    Verb.EXCEPTION_INFO: days.exceptions_of_all,
}
"""Verbs that without a name are about all that one sees, where that is several."""


class ServerBot:
    """The bot of this portal (`notifications.chat.spoken.Bot`). What it changes is recorded as done in a chat."""

    def answer(self, asked: Asked) -> Answer:
        """Does what is asked, or says why not; what stops something only when `asked.confirmed`."""
        with translation.override(asked.language), acting(asked.user, Hold.Origin.BOT):
            if asked.user is None:
                return help_for(asked)
            try:
                return _answer(asked, asked.user)
            except Refused as refused:
                return refused.answer
            except (PermissionDenied, ValidationError) as error:
                return refusal(asked, many.why_not(error))
            except rules.RuleError as error:
                return refusal(asked, texts.NOT_READ(asked.language, problem=error.text(asked.language)))

    def help(self, asked: Asked) -> Answer:
        """What can be typed, with examples; also for people whom nobody knows."""
        with translation.override(asked.language):
            return help_for(asked)

    def followed(self, follows: str, asked: Asked) -> Answer | None:
        """What became of what was begun; None while it goes on."""
        with translation.override(asked.language):
            return followed(follows, asked)

    def names(self, user: User, beginning: str, now: datetime) -> list[str]:
        """Names that may be typed and begin so: of environments, then of schedules; at most 25."""
        begin = beginning.strip()
        seen = Environment.objects.visible_to(user).filter(Q(name__istartswith=begin) | Q(slug__istartswith=begin))
        found = list(seen.order_by("name").values_list("name", flat=True)[:NAMES])
        rows = schedules_of(user).filter(name__istartswith=begin).order_by("name")
        return list(dict.fromkeys([*found, *rows.values_list("name", flat=True)[: NAMES - len(found)]]))


def _answer(asked: Asked, user: User) -> Answer:
    known = known_to(user)
    command = parse(asked.text, known)
    if isinstance(command, Misunderstood):
        return not_understood(asked, command, known)
    order = Order(asked, user, command)
    if command.verb is Verb.HELP:
        return help_for(asked)
    if command.verb is Verb.LIST:
        return looking.list_of(order)
    if len(command.found) > 1:
        return which(asked, command, command.found)
    if command.found:
        return _of(order, command.found[0])
    return _unnamed(order, [one for one in known if one.kind == ENVIRONMENT])


def _unnamed(order: Order, seen: list[Named]) -> Answer:
    """No name was typed: the only environment that they see is meant, or all, or which of them is asked."""
    if not seen:
        return order.refusal(texts.NO_ENVIRONMENTS(order.language))
    if len(seen) == 1:
        return _of(order, seen[0])
    if order.command.verb in OF_ALL:
        return OF_ALL[order.command.verb](order)
    return which(order.asked, order.command, seen)


def _of(order: Order, named: Named) -> Answer:
    """Of an environment or schedule that was there a moment ago. Raises RuleError for a zone that is not known here:
    nothing could be told of its times."""
    verb = order.command.verb
    if named.kind == ENVIRONMENT:
        environment = environments_of(order).filter(pk=named.pk).first()
        if environment is None:
            return order.refusal(texts.GONE(order.language))
        zone(environment.zone_name)
        return OF_ONE[verb](order, environment)
    schedule = schedules_of(order.user).filter(pk=named.pk).first()
    return OF_SCHEDULES[verb](order, schedule) if schedule else order.refusal(texts.GONE(order.language))
