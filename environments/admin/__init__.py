"""The admin site's part of the environments app; importing a module registers what is in it."""

from . import (
    accounts,
    budgets,
    calendars,
    environments,
    exceptions,
    holds,
    operations,
    people,
    rate_templates,
    role_groups,
    schedules,
    targets,
)

__all__ = [
    "accounts",
    "budgets",
    "calendars",
    "environments",
    "exceptions",
    "holds",
    "operations",
    "people",
    "rate_templates",
    "role_groups",
    "schedules",
    "targets",
]
