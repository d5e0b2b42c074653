"""What checks that go by the tags of CloudWatch alarms need: it only looks (docs/alarms.md)."""

from __future__ import annotations

from .cloudwatch_alarms import ACTION

FOR_ALARMS = (ACTION,)
