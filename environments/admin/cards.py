"""What people see of an environment at a moment: state and why, what comes next and what is under way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from environments import rules
from environments.models import FAILED_STATES, Environment, Hold, Operation, State, Target
from environments.models.texts import in_language
from environments.rules.durations import spoken
from environments.services.specs import spec_of

from . import outside
from .displays import STATE_TONES, at_words, language
from .operation_cards import Progress, is_guarded, progress_of

# A wish that ends later than this is shown without a countdown: nobody plans by days and minutes.
COUNTED_DOWN = timedelta(days=2)

Explained = tuple[rules.Explanation | None, str]


@dataclass(frozen=True, slots=True)
class Card:
    """An environment for a page. `short` stands beside the state and never repeats it; `more` is a second line."""

    environment: Environment
    tone: str
    state: str
    short: str
    more: str
    zone: str
    next_at: datetime | None
    next_text: str
    next_in: str
    hold: Hold | None
    hold_text: str
    current: Operation | None
    progress: Progress | None
    failed: bool
    drifted: bool
    guarded: bool
    can_start: bool
    can_stop: bool
    can_keep: bool

    @property
    def kept(self) -> bool:
        """Whether nothing but a person ends its hold: every page that shows it warns of that."""
        return self.hold is not None and self.hold.until is None


def environments_of(user: User | AnonymousUser, now: datetime) -> QuerySet[Environment]:
    """What the user may see, with everything that a card reads, in a fixed number of queries."""
    targets = Target.objects.filter(environment=OuterRef("pk"))
    return Environment.objects.visible_to(user).with_plan(now).annotate(has_targets=Exists(targets))


def card(
    environment: Environment,
    now: datetime,
    *,
    current: Operation | None,
    last_failed: Operation | None = None,
    usual: timedelta | None = None,
    needed: str = "",
    explained: Explained | None = None,
) -> Card:
    """The card of an environment that came from `environments_of`; `current` with its steps, if one is under way.

    `needed` names those who still need it, where the page knows them; `explained` is what `explain` said of its plan.
    """
    state = State(environment.state)
    has_targets: bool = environment.has_targets  # type: ignore[attr-defined]
    zone = environment.zone_name
    found, problem = explained or explain(environment, now)
    hold = _hold_in_force(environment, now)
    held = hold is not None and hold.desired == state.value
    drifted, spared = outside.drifted(environment, found, now), outside.spared(environment, found, now)
    progress = progress_of(current, now, usual) if current else None
    next_at = found.until if found else None
    return Card(
        environment=environment,
        tone="unknown" if drifted else "held" if held else STATE_TONES[state],
        state=_("Changed outside") if drifted else _word(state, held=held),
        short=_under_way(progress) or drifted or _settled(environment, found, problem, hold, now),
        more=_asked_for(current)
        if current
        else _kept(state, found, needed) or _beside(environment, found, now, held=held, spared=spared),
        zone=zone,
        next_at=next_at,
        next_text=_next_text(found, zone, now, spared=bool(spared)),
        next_in=spoken(next_at - now, language()) if next_at and next_at - now < COUNTED_DOWN else "",
        hold=hold,
        hold_text=hold_text(hold, zone, now) if hold else "",
        current=current,
        progress=progress,
        failed=state in FAILED_STATES,
        drifted=bool(drifted),
        guarded=bool(last_failed and state in FAILED_STATES and is_guarded(last_failed)),
        can_start=has_targets and state not in {State.RUNNING, State.STARTING, State.REDEPLOYING},
        can_stop=has_targets and state not in {State.STOPPED, State.STOPPING},
        can_keep=has_targets and state is State.RUNNING and not (hold and hold.until is None),
    )


def hold_text(hold: Hold, zone: str, now: datetime) -> str:
    """Until when, and by whom: “until 22:00, by Kim: client demo”."""
    until = _("until %(time)s") % {"time": at_words(hold.until, zone, now)} if hold.until else _("until released")
    by = _("by %(name)s") % {"name": hold.author_name} if hold.author_name else ""
    return ", ".join(part for part in (until, by) if part) + (f": {hold.reason}" if hold.reason else "")


def released(environment: Environment, now: datetime) -> str:
    """What follows the release of a hold: the plan decides, or leaves the environment as it is."""
    fresh = Environment.objects.with_plan(now).get(pk=environment.pk)
    found, _problem = explain(fresh, now)
    if found is None or found.desired is not rules.Desired.ANY:
        return _("Released: the schedule decides again.")
    return _("Released. It stays as it is: %(why)s.") % {"why": _planned(found, fresh.zone_name)}


def unreadable(error: rules.RuleError) -> str:
    """What is said where a schedule that came in another way than by its form cannot be read."""
    return _("Its schedule cannot be read: %(problem)s") % {"problem": error.text(language())}


def explain(environment: Environment, now: datetime) -> Explained:
    """What its plan says now; without an explanation, why it cannot be read."""
    try:
        return rules.explain(spec_of(environment, now), now), ""
    except rules.RuleError as error:
        return None, unreadable(error)


def _hold_in_force(environment: Environment, now: datetime) -> Hold | None:
    holds: list[Hold] = environment.open_holds  # type: ignore[attr-defined]
    return next((hold for hold in holds if not (hold.until and hold.until <= now)), None)


def _word(state: State, *, held: bool) -> str:
    if held:
        return _("Running, held") if state is State.RUNNING else _("Stopped, held")
    return str(state.label)


def _planned(found: rules.Explanation, zone: str) -> str:
    """“until 22:00 · Long days Seoul”, in the reader's language."""
    until = at_words(found.until, zone, found.at) if found.until else ""
    return found.short(language(), zone, until)


def _wished(found: rules.Explanation, zone: str) -> str:
    """“running until 18:00 · Office hours Seoul”, “left as it is · no schedule”."""
    words = {
        rules.Desired.RUNNING: _("running"),
        rules.Desired.STOPPED: _("stopped"),
        rules.Desired.ANY: _("left as it is"),
    }
    return f"{words[found.desired]}{' ' if found.until else ' · '}{_planned(found, zone)}"


def _under_way(progress: Progress | None) -> str:
    return " · ".join(part for part in (progress.text, progress.left) if part) if progress else ""


def _settled(
    environment: Environment, found: rules.Explanation | None, problem: str, hold: Hold | None, now: datetime
) -> str:
    """The line beside the state while nothing is under way: what is wrong, else until when and why it is so."""
    state = State(environment.state)
    if not environment.has_targets:  # type: ignore[attr-defined]
        return _("It has no targets yet: nothing to start or stop.")
    if state in FAILED_STATES or state is State.UNKNOWN:
        return in_language(environment.state_reason) or _("Looking at AWS …")
    if found is None:
        return problem
    if found.desired is rules.Desired.ANY or found.desired.value == state.value:
        zone = environment.zone_name
        return then_by_plan(_planned(by_hold(found, hold), zone), found, hold, zone, now)
    # What was changed by hand, or ran before the portal knew it, is left alone until the plan's next change.
    return _("The plan says: %(wish)s") % {"wish": _wished(found, environment.zone_name)}


def by_hold(found: rules.Explanation, hold: Hold | None) -> rules.Explanation:
    """What was found, until the end of the hold that it is of, though the plan goes on with the same after it."""
    is_its = hold is not None and found.source == rules.Source(rules.SourceKind.HOLD, str(hold.pk))
    if hold is None or not is_its or hold.until is None or (found.until and found.until <= hold.until):
        return found
    return replace(found, until=hold.until)


def then_by_plan(held: str, found: rules.Explanation, hold: Hold | None, zone: str, now: datetime) -> str:
    """“until Mon 09:00 · Mina Jung, then by its plan until 18:00”: what is said of the hold, and of what follows it
    where the plan goes on with the same."""
    if by_hold(found, hold) == found:
        return held
    if found.until is None:
        return _("%(held)s, then by its plan") % {"held": held}
    return _("%(held)s, then by its plan until %(time)s") % {"held": held, "time": at_words(found.until, zone, now)}


def _asked_for(current: Operation) -> str:
    """Why the operation under way runs, and what follows it when somebody has wished for something else meanwhile."""
    if not current.next_wish:
        return current.reason_text
    # Not within the f-string: `makemessages` does not look into those.
    follows = {
        Operation.Kind.START: _("A start follows at once."),
        Operation.Kind.STOP: _("A stop follows at once."),
        Operation.Kind.REDEPLOY: _("A redeploy follows."),
    }
    return f"{current.reason_text} {follows[Operation.Kind(current.next_wish['kind'])]}"


def _beside(
    environment: Environment, found: rules.Explanation | None, now: datetime, *, held: bool, spared: str
) -> str:
    """The second line: since when it is changed, why it is spared, what would be without the hold."""
    if environment.drift_since and outside.drifted(environment, found, now):
        return _("Seen at %(time)s.") % {"time": at_words(environment.drift_since, environment.zone_name, now)}
    return spared or (_without_hold(environment, now) if held and found else "")


def _kept(state: State, found: rules.Explanation | None, needed: str) -> str:
    """Why it runs on though its own plan no longer wants it running."""
    wanted = found is not None and found.desired is rules.Desired.RUNNING
    if not needed or wanted or state is not State.RUNNING:
        return ""
    return _("Kept running: needed by %(who)s") % {"who": needed}


def _without_hold(environment: Environment, now: datetime) -> str:
    without = rules.explain(spec_of(environment, now).without_holds(), now)
    return _("Without it: %(wish)s") % {"wish": _wished(without, environment.zone_name)}


def _next_text(found: rules.Explanation | None, zone: str, now: datetime, *, spared: bool) -> str:
    if found is None or found.until is None:
        return _("nothing planned")
    time = at_words(found.until, zone, now)
    if found.then == rules.Desired.RUNNING:
        return _("starts %(time)s") % {"time": time}
    if found.then == rules.Desired.STOPPED and not spared:
        return _("stops %(time)s") % {"time": time}
    return _("left as it is from %(time)s") % {"time": time}
