"""Models of the environments app, a file for each subject."""

from .account import Account
from .calendar import Calendar, CalendarDay
from .environment import FAILED_STATES, MOVING_STATES, Environment, State, Wish
from .exception import DayException
from .feed import PlanFeed
from .hold import Hold
from .operation import UNFINISHED, Operation, OperationStatus, OperationStep, StepStatus
from .pause import Pause
from .scan import Scan
from .schedule import Period, Schedule
from .target import GuardAcceptance, Target, TargetParameter
from .team import Team

__all__ = [
    "FAILED_STATES",
    "MOVING_STATES",
    "UNFINISHED",
    "Account",
    "Calendar",
    "CalendarDay",
    "DayException",
    "Environment",
    "GuardAcceptance",
    "Hold",
    "Operation",
    "OperationStatus",
    "OperationStep",
    "Pause",
    "Period",
    "PlanFeed",
    "Scan",
    "Schedule",
    "State",
    "StepStatus",
    "Target",
    "TargetParameter",
    "Team",
    "Wish",
]
