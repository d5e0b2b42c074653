"""The admin site's part of the environments app; importing a module registers what is in it."""

from . import accounts, environments, holds, operations, people, role_groups, schedules, targets

__all__ = ["accounts", "environments", "holds", "operations", "people", "role_groups", "schedules", "targets"]
