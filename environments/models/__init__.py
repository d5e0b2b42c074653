"""Models of the environments app, a file for each subject."""

from . import history as history
from .account import Account
from .advice import Advice, HourlyUse, MonthlyReport, ReportMail, ReportStop, UseLook
from .bill import BillLook, DailyBill
from .budget import Budget, BudgetNotice
from .calendar import Calendar, CalendarDay
from .daily import DailyCost, DailyRun, Forecast, MonthlyCost, StaleDays, TeamHours
from .environment import FAILED_STATES, MOVING_STATES, Environment, State, Wish
from .exception import DayException
from .favourite import Favourite
from .feed import PlanFeed
from .hold import Hold
from .interval import Interval
from .operation import UNFINISHED, Operation, OperationStatus, OperationStep, StepStatus
from .pause import Pause
from .rate import Pricing, Rate, RateTemplate, RateTemplateLine
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
    "Advice",
    "BillLook",
    "Budget",
    "BudgetNotice",
    "Calendar",
    "CalendarDay",
    "DailyBill",
    "DailyCost",
    "DailyRun",
    "DayException",
    "Environment",
    "Favourite",
    "Forecast",
    "GuardAcceptance",
    "Hold",
    "HourlyUse",
    "Interval",
    "MonthlyCost",
    "MonthlyReport",
    "Operation",
    "OperationStatus",
    "OperationStep",
    "Pause",
    "Period",
    "PlanFeed",
    "Pricing",
    "Rate",
    "RateTemplate",
    "RateTemplateLine",
    "ReportMail",
    "ReportStop",
    "SampleRecord",
    "Scan",
    "Schedule",
    "StaleDays",
    "State",
    "StepStatus",
    "Tag",
    "Target",
    "TargetParameter",
    "Team",
    "TeamHours",
    "UseLook",
    "Wish",
]
