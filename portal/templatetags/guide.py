from __future__ import annotations

from typing import Any

from django import template

from portal import guide

register = template.Library()


@register.simple_tag(takes_context=True)
def help_address(context: dict[str, Any]) -> str:
    """Where the guide tells of the page that is being made."""
    request = context.get("request")
    return guide.address_of(request.resolver_match if request else None)
