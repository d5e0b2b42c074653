"""Models of the environments app, a file for each subject."""

from . import history as history
from .account import Account
from .advice import Advice, HourlyUse, MonthlyReport, ReportMail, ReportStop, UseLook
from .alarm import Alarm, AlarmCheck, ImagePush, MetricLook, MetricSeries
from .bill import BillLook, DailyBill
from .budget import Budget, BudgetNotice
from .calendar import Calendar, CalendarDay
from .check import TROUBLE, Check, CheckState
from .daily import DailyCost, DailyRun, Forecast, MonthlyCost, StaleDays, TeamHours
from .deployment import OPEN as OPEN_DEPLOYMENTS
from .deployment import Deployment, DeploymentStatus, ImagePoll
from .device import Device, DeviceReport
from .environment import FAILED_STATES, MOVING_STATES, Environment, State, Wish
from .exception import DayException
from .favourite import Favourite
from .feed import PlanFeed
from .health import HealthDay, HealthHour, HealthSample
from .heartbeat import Heartbeat
from .hold import Hold
from .http_check import HttpCheck
from .interval import Interval
from .operation import UNFINISHED, Operation, OperationStatus, OperationStep, StepStatus
from .pause import Pause
from .rate import Pricing, Rate, RateTemplate, RateTemplateLine
from .sample import SampleRecord
from .scan import Scan
from .schedule import Period, Schedule
from .status_page import StatusPage
from .tag import Tag
from .target import GuardAcceptance, Target, TargetParameter
from .team import Team
from .ticket import UNDONE, Ticket, TicketComment, TicketMail, TicketProgress, TicketRule

__all__ = [
    "FAILED_STATES",
    "MOVING_STATES",
    "OPEN_DEPLOYMENTS",
    "TROUBLE",
    "UNDONE",
    "UNFINISHED",
    "Account",
    "Advice",
    "Alarm",
    "AlarmCheck",
    "BillLook",
    "Budget",
    "BudgetNotice",
    "Calendar",
    "CalendarDay",
    "Check",
    "CheckState",
    "DailyBill",
    "DailyCost",
    "DailyRun",
    "DayException",
    "Deployment",
    "DeploymentStatus",
    "Device",
    "DeviceReport",
    "Environment",
    "Favourite",
    "Forecast",
    "GuardAcceptance",
    "HealthDay",
    "HealthHour",
    "HealthSample",
    "Heartbeat",
    "Hold",
    "HourlyUse",
    "HttpCheck",
    "ImagePoll",
    "ImagePush",
    "Interval",
    "MetricLook",
    "MetricSeries",
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
    "StatusPage",
    "StepStatus",
    "Tag",
    "Target",
    "TargetParameter",
    "Team",
    "TeamHours",
    "Ticket",
    "TicketComment",
    "TicketMail",
    "TicketProgress",
    "TicketRule",
    "UseLook",
    "Wish",
]
