"""Models of the environments app, a file for each subject."""

from . import history as history
from .account import Account
from .calendar import Calendar, CalendarDay
from .environment import FAILED_STATES, MOVING_STATES, Environment, State, Wish
from .exception import DayException
from .favourite import Favourite
from .feed import PlanFeed
from .hold import Hold
from .interval import Interval
from .operation import UNFINISHED, Operation, OperationStatus, OperationStep, StepStatus
from .pause import Pause
from .sample import SampleRecord
from .scan import Scan
from .schedule import Period, Schedule
from .tag import Tag
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
    "Favourite",
    "GuardAcceptance",
    "Hold",
    "Interval",
    "Operation",
    "OperationStatus",
    "OperationStep",
    "Pause",
    "Period",
    "PlanFeed",
    "SampleRecord",
    "Scan",
    "Schedule",
    "State",
    "StepStatus",
    "Tag",
    "Target",
    "TargetParameter",
    "Team",
    "Wish",
]
