"""From rows to what the rules read."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from environments import rules
from environments.models import Environment, Hold, Schedule


def spec_of(environment: Environment, *, without_holds: bool = False) -> rules.EnvironmentSpec:
    """Everything that decides the environment's plan. Reads nothing more when it came from `with_plan()`.

    Raises RuleError for a schedule that cannot be read (the forms refuse such a one).
    """
    schedule = environment.schedule
    holds: list[Hold] = getattr(environment, "open_holds", None) or []
    if not hasattr(environment, "open_holds") and not without_holds:
        holds = list(environment.holds.open().select_related("author"))
    return rules.EnvironmentSpec(
        schedule=schedule_rules(schedule) if schedule else None,
        timezone=environment.zone_name,
        holds=() if without_holds else tuple(hold_rules(hold) for hold in holds),
    )


def schedule_rules(schedule: Schedule) -> rules.Schedule:
    """The schedule as rules, parsed once for each version of it."""
    periods = tuple(tuple(sorted(p.rule_fields().items())) for p in schedule.periods.all())
    return _parsed(str(schedule.pk), schedule.name, schedule.timezone, schedule.override, periods)


@lru_cache(maxsize=4096)
def _parsed(
    pk: str, name: str, timezone: str, override: str, periods: tuple[tuple[tuple[str, str | None], ...], ...]
) -> rules.Schedule:
    return rules.Schedule(
        id=pk,
        name=name,
        timezone=timezone or settings.TIME_ZONE,
        periods=tuple(rules.parse_period(**dict(fields)) for fields in periods),  # type: ignore[arg-type]
        override=rules.Desired(override) if override else None,
    )


def hold_rules(hold: Hold) -> rules.Hold:
    return rules.Hold(
        id=str(hold.pk),
        desired=rules.Desired(hold.desired),
        start=hold.starts_at,
        until=hold.until,
        reason=hold.reason,
        author=hold.author_name,
    )
