"""Moments in templates."""

from datetime import datetime

from django import template

from portal import moments

register = template.Library()


@register.filter
def stamp(at: datetime | None) -> str:
    """Day, time and zone by the reader's clock, else the portal's (`moments.stamp`)."""
    return moments.stamp(at)
