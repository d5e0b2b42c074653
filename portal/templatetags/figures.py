from __future__ import annotations

from django import template

from portal import figures

register = template.Library()
register.filter("grouped", figures.grouped)
