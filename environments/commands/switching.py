"""Starting, stopping and keeping on by chat: the verbs force_start, force_stop and extend, of one environment."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from environments import rules
from environments.models import Environment, Hold, Operation, State, Wish
from environments.rules.verb_lexicon import Command, Verb, typed
from environments.services import holds, needs, permissions
from environments.services.running_on import left_running, runs_until
from environments.services.specs import spec_of
from notifications.chat.spoken import Answer, Button

from . import texts
from .following import following
from .money import price_of
from .orders import Refused, as_typed, environments_of, has_targets, named, page_of

if TYPE_CHECKING:
    from .orders import Order

RUNS: Final = frozenset({State.RUNNING, State.STARTING, State.REDEPLOYING})
STOPS: Final = frozenset({State.STOPPED, State.STOPPING})


def force_start(order: Order, environment: Environment) -> Answer:
    """Starts it and keeps it on until its plan's next change, or as long as was said; never shortens what is planned.
    Raises what `holds.place` raises."""
    _require(order, environment)
    end = end_of(order, environment)
    if anyway := _runs_anyway(order, environment, end):
        return anyway
    planned = _planned_end(order, environment)
    hold = place(order, environment, Wish.RUNNING, end)
    found = _outcome(order, environment)
    said = {"name": environment.name, "until": order.until(found.until or hold.until, environment.zone_name)}
    runs = environment.state in {State.RUNNING, State.REDEPLOYING}
    title, body = (texts.STAYS, texts.STAYS_WORDS) if runs else (texts.STARTS, texts.STARTED_WORDS)
    lines = [body(order.language, **said)]
    if found.until is None:
        command = as_typed(typed(Command(Verb.FORCE_STOP), named(environment)))
        lines.append(texts.NO_END_WARNING(order.language, command=command))
    price = price_of(order, environment, found.until - planned) if found.until else ""
    return Answer(
        title=title(order.language, name=environment.name),
        body="\n".join(lines),
        fields=((texts.PRICE(order.language), price),) if price else (),
        link=page_of(environment),
        private=bool(price),
        follows=following(environment, Operation.Kind.START),
    )


def force_stop(order: Order, environment: Environment) -> Answer:
    """Stops it and keeps it stopped until its plan's next change, or as long as was said; asks first. Raises what
    `holds.place` raises."""
    _require(order, environment)
    end = end_of(order, environment)
    over = end <= order.now if isinstance(end, datetime) else end is holds.Until.NEXT_CHANGE
    if environment.state in STOPS and over:
        return _stopped_already(order, environment)
    if not order.asked.confirmed:
        needs.refuse_stop(environment, order.user, anyway=False, now=order.now)
        return _asks(order, environment, end)
    place(order, environment, Wish.STOPPED, end)
    found = _outcome(order, environment)
    until = order.until(found.until, environment.zone_name)
    return Answer(
        title=texts.STOPS(order.language, name=environment.name),
        body=texts.STOPPED_WORDS(order.language, name=environment.name, until=until),
        link=page_of(environment),
        follows=following(environment, Operation.Kind.STOP),
    )


def extend(order: Order, environment: Environment) -> Answer:
    """Keeps it on for so much longer than it is planned to run (as the board does), or until a time. Raises what
    `holds.place` raises."""
    _require(order, environment)
    if environment.state not in RUNS:
        return _nothing_to_extend(order, environment)
    spec = spec_of(environment, order.now)
    planned = _planned_end(order, environment)
    hold = _hold(environment)
    if hold is not None and hold.desired == Wish.RUNNING and hold.until is None:
        return order.refusal(texts.HELD_WITHOUT_END(order.language), link=page_of(environment))
    if order.command.lasts is not None:
        end = holds.extended_until(environment, spec, order.now, order.command.lasts)
    else:
        end = _until(order, order.command.until or 0, environment)
    if anyway := _runs_anyway(order, environment, end):
        return anyway
    place(order, environment, Wish.RUNNING, end)
    price = price_of(order, environment, end - planned)
    until = order.until(end, environment.zone_name)
    return Answer(
        title=texts.STAYS(order.language, name=environment.name),
        body=texts.STAYS_WORDS(order.language, name=environment.name, until=until),
        fields=((texts.PRICE(order.language), price),) if price else (),
        severity="success",
        link=page_of(environment),
        private=bool(price),
    )


def end_of(order: Order, environment: Environment) -> datetime | holds.Until:
    """Until when: as was said, by default the next change of its plan. Raises `Refused`."""
    if order.command.until is not None:
        return _until(order, order.command.until, environment)
    if order.command.lasts is not None:
        return holds.whole_minute(order.now) + order.command.lasts
    return holds.Until.NEXT_CHANGE


def _until(order: Order, minute: int, environment: Environment) -> datetime:
    """On the day that was said, else the next such time."""
    day, zone = order.command.day, environment.zone_name
    return order.next_time(minute, zone) if day is None else order.time_on(day, minute, zone)


def place(order: Order, environment: Environment, desired: Wish, end: datetime | holds.Until) -> Hold:
    """The hold, in the name of who asked. Raises what `holds.place` raises."""
    return holds.place(
        environment=environment,
        desired=desired,
        until=end,
        reason=order.command.reason[: holds.REASON_LENGTH],
        author=order.user,
        origin=Hold.Origin.BOT,
        now=order.now,
    )


def _require(order: Order, environment: Environment) -> None:
    permissions.require_switch(order.user, environment)
    if not has_targets(environment):
        raise Refused(order.refusal(texts.NO_TARGETS(order.language), link=page_of(environment)))


def _runs_anyway(order: Order, environment: Environment, end: datetime | holds.Until) -> Answer | None:
    """That it runs that long already, and nothing is changed; None where there is something to do."""
    spec = spec_of(environment, order.now)
    found = rules.explain(spec, order.now)
    # What is left running is taken over by a start; an end that is said is not to be the earlier one.
    left = isinstance(end, datetime) and left_running(environment, spec, order.now) is not None
    if environment.state not in RUNS or not (left or found.desired is rules.Desired.RUNNING):
        return None
    stop = runs_until(environment, spec, order.now)
    if stop is not None and isinstance(end, datetime) and end > stop:
        return None
    without_end = texts.RUNS_WITHOUT_END(order.language)
    until = order.until(stop, environment.zone_name) if stop else without_end
    return Answer(
        title=texts.RUNS_ALREADY(order.language, name=environment.name),
        body=texts.RUNS_ANYWAY(order.language, until=until),
        link=page_of(environment),
        follows=following(environment, Operation.Kind.START),
    )


def _stopped_already(order: Order, environment: Environment) -> Answer:
    found = rules.explain(spec_of(environment, order.now), order.now)
    plan = order.plan(found, environment.zone_name)
    return Answer(
        title=texts.STOPPED_ALREADY(order.language, name=environment.name),
        body=texts.STOPPED_ANYWAY(order.language, plan=plan),
        link=page_of(environment),
        follows=following(environment, Operation.Kind.STOP),
    )


def _asks(order: Order, environment: Environment, end: datetime | holds.Until) -> Answer:
    """What would happen, to what, and what was planned."""
    zone, spec = environment.zone_name, spec_of(environment, order.now)
    found = rules.explain(spec, order.now)
    until = next_change(order, environment, Wish.STOPPED) if isinstance(end, holds.Until) else end
    held = rules.Hold("new", rules.Desired.STOPPED, order.now, until)
    then = rules.explain(replace(spec, holds=(held,)), order.now)
    planned = texts.PLAN_SAYS(order.language, plan=order.plan(found, zone))
    if found.desired is rules.Desired.RUNNING:
        runs = order.until(found.until, zone) if found.until else texts.RUNS_WITHOUT_END(order.language)
        planned = texts.WAS_PLANNED(order.language, until=runs, why=found.reason.text(order.language))
    return Answer(
        title=texts.ASK_STOP(order.language, name=environment.name),
        body=texts.ASK_STOP_WORDS(
            order.language, name=environment.name, planned=planned, until=order.until(then.until, zone)
        ),
        severity="warning",
        link=page_of(environment),
        confirm=True,
        resolved=typed(order.settled(until, zone), named(environment)),
    )


def next_change(order: Order, environment: Environment, wish: Wish) -> datetime | None:
    """Where a hold ends of which nobody says until when: at the next change of its plan, or the longest hold."""
    latest = holds.limit_of(environment, wish, order.user, now=order.now).latest
    ends = (holds.default_end(environment, now=order.now), latest)
    return min((end for end in ends if end is not None), default=None)


def _nothing_to_extend(order: Order, environment: Environment) -> Answer:
    start = replace(order.command, verb=Verb.FORCE_START, reason="")
    says = typed(start, named(environment))
    said = texts.NOTHING_TO_EXTEND(order.language, name=environment.name, command=as_typed(says))
    label = texts.START_IT(order.language, name=environment.name)
    return replace(order.refusal(said, link=page_of(environment)), buttons=(Button(label, says),))


def _planned_end(order: Order, environment: Environment) -> datetime:
    """Until when it runs anyway; now, where it does not, or where that has no end."""
    return runs_until(environment, spec_of(environment, order.now), order.now) or order.now


def _outcome(order: Order, environment: Environment) -> rules.Explanation:
    """What its plan says with the hold that was placed a moment ago."""
    fresh = environments_of(order).get(pk=environment.pk)
    return rules.explain(spec_of(fresh, order.now), order.now)


def _hold(environment: Environment) -> Hold | None:
    """The newest of those that came with its plan."""
    found: list[Hold] = environment.open_holds  # type: ignore[attr-defined]
    return found[0] if found else None
