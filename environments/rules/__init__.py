"""When an environment should run, and why: pure functions over plain values, standard library only (docs/rules.md)."""

from environments.rules.answers import Explanation, Segment, Transition
from environments.rules.errors import RuleError
from environments.rules.explaining import default_until, explain, explain_many
from environments.rules.periods import Period, parse_period, parse_time
from environments.rules.planner import HORIZON, desired_at, next_transition, plan
from environments.rules.reasons import Desired, Reason, Source, SourceKind
from environments.rules.spec import (
    Calendar,
    CalendarDay,
    DayException,
    DayKind,
    EnvironmentSpec,
    ExceptionKind,
    Hold,
    Schedule,
    Scope,
    Spec,
)
from environments.rules.timeline import Timeline, compile_schedule, compile_spec, desired_at_many

__all__ = [
    "HORIZON",
    "Calendar",
    "CalendarDay",
    "DayException",
    "DayKind",
    "Desired",
    "EnvironmentSpec",
    "ExceptionKind",
    "Explanation",
    "Hold",
    "Period",
    "Reason",
    "RuleError",
    "Schedule",
    "Scope",
    "Segment",
    "Source",
    "SourceKind",
    "Spec",
    "Timeline",
    "Transition",
    "compile_schedule",
    "compile_spec",
    "default_until",
    "desired_at",
    "desired_at_many",
    "explain",
    "explain_many",
    "next_transition",
    "parse_period",
    "parse_time",
    "plan",
]
