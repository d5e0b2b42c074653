"""The history of what Django itself brings: people and their roles. Their password is never in it."""

from __future__ import annotations

from django.contrib.auth.models import Group, User
from simple_history import register

from portal.history import Changes

register(
    User,
    app="environments",
    records_class=Changes,
    left_out=["last_login", "date_joined", "is_staff"],
    lists=["groups"],
    secrets=["password"],
)
register(Group, app="environments", records_class=Changes, lists=["permissions"])
