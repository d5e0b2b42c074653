"""What an environment does now, and why: the verbs status, list and why."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from django.db.models import Prefetch
from django.urls import reverse

from environments import rules
from environments.models import (
    FAILED_STATES,
    MOVING_STATES,
    TROUBLE,
    CheckState,
    Environment,
    Operation,
    OperationStep,
    Schedule,
    State,
    StepStatus,
)
from environments.models.texts import in_language
from environments.rules.wording import state as state_word
from environments.services import boards, health, plans
from environments.services.specs import same_plan, spec_of
from notifications.chat.spoken import Answer

from . import texts
from .money import today_words
from .orders import environments_of, has_targets, page_of

if TYPE_CHECKING:
    from .orders import Order

SHORT: Final = 15
LONG: Final = 40
SIGNS: Final = {
    State.RUNNING: "🟢",
    State.STOPPED: "⚪",
    State.STARTING: "🔵",
    State.STOPPING: "🔵",
    State.REDEPLOYING: "🔵",
    State.FAILED_TO_START: "🔴",
    State.FAILED_TO_STOP: "🔴",
    State.UNKNOWN: "⚫",
}


def status_of(order: Order, environment: Environment) -> Answer:
    """State, reason and end in words; what is under way; health; and today's cost, for those who may see it."""
    language, state = order.language, State(environment.state)
    today = today_words(order.user, environment, order)
    fields = [
        (texts.UNDER_WAY(language), progress_of(order, environment)),
        (texts.HEALTH(language), _health(environment)),
        (texts.TODAY(language), today),
    ]
    return Answer(
        title=texts.STATUS(language, sign=SIGNS[state], name=environment.name, state=state.label),
        body=settled(order, environment),
        fields=tuple((name, text) for name, text in fields if text),
        severity="error" if state in FAILED_STATES else "success" if state is State.RUNNING else "info",
        link=page_of(environment),
        private=bool(today),
    )


def status_of_schedule(order: Order, schedule: Schedule) -> Answer:
    """A short list of its environments that they see."""

    def title(running: int, count: int) -> str:
        return texts.STATUS_OF_SCHEDULE(order.language, name=schedule.name, running=running, count=count)

    return _short(order, schedule, title)


def status_of_all(order: Order) -> Answer:
    """A short list of what they see."""

    def title(running: int, count: int) -> str:
        return texts.STATUS_OF_MANY(order.language, running=running, count=count)

    return _short(order, None, title)


def list_of(order: Order) -> Answer:
    """What they see, each with its state and its next change; for who asked alone, because it is long."""
    rows = boards.listed(order.user, boards.Filters(), ())
    count = rows.count()
    if not count:
        return Answer(texts.NO_ENVIRONMENTS(order.language), private=True)
    ids = list(rows.values_list("pk", flat=True)[:LONG])
    read = environments_of(order).in_bulk(ids)
    body = _lines(order, [read[pk] for pk in ids if pk in read], count)
    title = texts.ENVIRONMENTS(order.language, count=count)
    return Answer(title, body, link=reverse("admin:index"), private=True)


def why_of(order: Order, environment: Environment) -> Answer:
    """What decides, since when, what comes next, and what would be without it."""
    language, zone = order.language, environment.zone_name
    spec = spec_of(environment, order.now)
    found = rules.explain(spec, order.now)
    fields = [(texts.DECIDES(language), found.reason.text(language))]
    if found.since:
        fields.append((texts.SINCE(language), order.at(found.since, zone)))
    for change in plans.next_changes(spec, order.now, 1):
        what, time = state_word(change.desired, language), order.at(change.at, zone)
        then = texts.FROM(language, what=what, time=time)
        fields.append((texts.THEN(language), f"{then}: {change.why(language)}"))
    if found.source.kind in {rules.SourceKind.HOLD, rules.SourceKind.EXCEPTION}:
        without = spec.without_holds() if found.source.kind is rules.SourceKind.HOLD else spec.without_overrides()
        fields.append((texts.WITHOUT(language), order.plan(rules.explain(without, order.now), zone)))
    plan, stands = order.plan(found, zone), settled(order, environment)
    return Answer(
        title=texts.WHY(language, name=environment.name, plan=plan),
        body="\n".join([*([stands] if stands != plan else []), texts.ORDER(language)]),
        fields=tuple(fields),
        link=page_of(environment),
    )


def settled(order: Order, environment: Environment) -> str:
    """What is to be said of its state: what is wrong, else until when and why it is so."""
    if not has_targets(environment):
        return texts.NO_TARGETS(order.language)
    state = State(environment.state)
    try:
        found = rules.explain(spec_of(environment, order.now), order.now)
        plan = order.plan(found, environment.zone_name)
    except rules.RuleError as error:
        return texts.NOT_READ(order.language, problem=error.text(order.language))
    if state in FAILED_STATES or state is State.UNKNOWN:
        wrong = in_language(environment.state_reason) or texts.LOOKING(order.language)
        return f"{wrong}\n{texts.PLAN_SAYS(order.language, plan=plan)}"
    if found.desired is rules.Desired.ANY or found.desired.value == state.value:
        return plan
    said = texts.PLAN_SAYS(order.language, plan=plan)
    if environment.drift_since is None:
        return said
    time = order.at(environment.drift_since, environment.zone_name)
    return f"{texts.CHANGED_OUTSIDE(order.language, time=time)}\n{said}"


def progress_of(order: Order, environment: Environment) -> str:
    """How far what is under way is: “step 2 of 5 · Deleting: 3 of 12 resources”; empty where nothing is."""
    if State(environment.state) not in MOVING_STATES:
        return ""
    steps = Prefetch("steps", OperationStep.objects.order_by("position", "id"))
    operation = Operation.objects.unfinished().filter(environment=environment).prefetch_related(steps).first()
    if operation is None:
        return ""
    those = list(operation.steps.all())
    if not those:
        return texts.WAITING(order.language)
    done = sum(step.status in {StepStatus.DONE, StepStatus.SKIPPED} for step in those)
    said = [step.error_text or step.detail_text for step in those if step.status == StepStatus.RUNNING]
    counted = texts.STEP(order.language, done=min(done + 1, len(those)), count=len(those))
    return " · ".join((counted, *filter(None, said)))


def _health(environment: Environment) -> str:
    """“Down: API: 503”; empty where nothing is checked."""
    found = health.of_environments([environment.pk]).get(environment.pk)
    if found is None:
        return ""
    why = in_language(found.reason) if found.state in TROUBLE | {CheckState.LATE} else ""
    return ": ".join(filter(None, (str(found.state.label), why)))


def _short(order: Order, schedule: Schedule | None, title: Callable[[int, int], str]) -> Answer:
    rows = boards.listed(order.user, boards.Filters(), ())
    if schedule is not None:
        rows = rows.filter(schedule=schedule)
    states = list(rows.values_list("pk", "state"))
    if not states:
        return Answer(title(0, 0) if schedule else texts.NO_ENVIRONMENTS(order.language))
    shown = SHORT if len(states) <= SHORT else SHORT - 1  # and a line that says how many more there are
    ids = [pk for pk, _state in sorted(states, key=lambda one: one[1] not in FAILED_STATES)][:shown]
    read = environments_of(order).in_bulk(ids)
    running = sum(state == State.RUNNING for _pk, state in states)
    body = _lines(order, [read[pk] for pk in ids if pk in read], len(states))
    failed = any(state in FAILED_STATES for _pk, state in states)
    severity = "error" if failed else "success" if running else "info"
    return Answer(title(running, len(states)), body, severity=severity, link=reverse("admin:index"))


def _lines(order: Order, environments: Sequence[Environment], count: int) -> str:
    """A line each: “🟢 chat-dev · Running · Stopped from 18:00 (Asia/Seoul)”. Equal plans are read once."""
    known: dict[Hashable, str] = {}
    lines = []
    for one in environments:
        key = same_plan(one)
        if key not in known:
            known[key] = _next(order, one)
        state = State(one.state)
        lines.append(" · ".join((f"{SIGNS[state]} {one.name}", str(state.label), known[key])))
    if count > len(environments):
        lines.append(texts.MORE(order.language, count=count - len(environments)))
    return "\n".join(lines)


def _next(order: Order, environment: Environment) -> str:
    try:
        found = rules.explain(spec_of(environment, order.now), order.now)
        time = order.at(found.until, environment.zone_name) if found.until else ""
    except rules.RuleError as error:
        return texts.NOT_READ(order.language, problem=error.text(order.language))
    if found.then is None:
        return texts.NOTHING_PLANNED(order.language)
    return texts.FROM(order.language, what=state_word(found.then, order.language), time=time)


def names_of(environments: Iterable[Environment], order: Order, most: int = SHORT) -> str:
    """“chat-dev, chat-qa … and 3 more”."""
    those = [one.name for one in environments]
    more = [texts.MORE(order.language, count=len(those) - most)] if len(those) > most else []
    return " ".join([", ".join(those[:most]), *more])
