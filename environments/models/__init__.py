"""Models of the environments app, a file for each subject."""

from .account import Account
from .calendar import Calendar, CalendarDay
from .environment import FAILED_STATES, MOVING_STATES, Environment, State, Wish
from .exception import DayException
from .hold import Hold
from .operation import UNFINISHED, Operation, OperationStatus, OperationStep, StepStatus
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
    "Period",
    "Schedule",
    "State",
    "StepStatus",
    "Target",
    "TargetParameter",
    "Team",
    "Wish",
]
