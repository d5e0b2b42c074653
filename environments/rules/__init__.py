"""When an environment should run, and why: pure functions over plain values, standard library only (docs/rules.md)."""

from environments.rules.answers import Explanation, Segment, Transition
from environments.rules.entry import exception_problem, with_exception
from environments.rules.errors import RuleError
from environments.rules.explaining import counts_from, default_until, explain, explain_many, extended_until
from environments.rules.periods import Period, parse_period, parse_time
from environments.rules.planner import HORIZON, desired_at, next_transition, plan
from environments.rules.policies import Drift, Observed, Policy, Verdict, drift, is_retained
from environments.rules.reasons import Desired, Reason, Source, SourceKind
from environments.rules.spec import (
    Calendar,
    CalendarDay,
    DayException,
    DayKind,
    EnvironmentSpec,
    ExceptionKind,
    Hold,
    MaintenanceWindow,
    Pause,
    Schedule,
    Scope,
    Spec,
)
from environments.rules.starts import EarlyStart, early_start
from environments.rules.timeline import Timeline, compile_schedule, compile_spec, desired_at_many
from environments.rules.windows import READY_BEFORE
from environments.rules.wording import when, with_zone

__all__ = [
    "HORIZON",
    "READY_BEFORE",
    "Calendar",
    "CalendarDay",
    "DayException",
    "DayKind",
    "Desired",
    "Drift",
    "EarlyStart",
    "EnvironmentSpec",
    "ExceptionKind",
    "Explanation",
    "Hold",
    "MaintenanceWindow",
    "Observed",
    "Pause",
    "Period",
    "Policy",
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
    "Verdict",
    "compile_schedule",
    "compile_spec",
    "counts_from",
    "default_until",
    "desired_at",
    "desired_at_many",
    "drift",
    "early_start",
    "exception_problem",
    "explain",
    "explain_many",
    "extended_until",
    "is_retained",
    "next_transition",
    "parse_period",
    "parse_time",
    "plan",
    "when",
    "with_exception",
    "with_zone",
]
