"""Days off on the board and on an environment's page: named, also where an exception overrules them."""

from __future__ import annotations

from html import unescape

import pytest
from django.test import Client

from environments.models import Calendar, CalendarDay

from .overriding import made, words
from .test_board import board, chat, row

pytestmark = pytest.mark.django_db


def test_the_bar_of_a_row_names_a_day_off_that_an_exception_overrules(as_manager: Client) -> None:
    here = chat()
    off = Calendar.objects.create(name="Company")
    off.teams.add(here.team)
    CalendarDay.objects.create(calendar=off, day="2026-11-23", kind="off", name="Founding day")
    made(here, "on", "2026-11-23")
    said = unescape(row(board(as_manager), "chat-dev"))
    assert 'aria-label="exception: on all day, day off: Founding day (overruled)"' in said
    assert "day off: Founding day (overruled)" in words(as_manager.get("/env/chat-dev/week/").content.decode())
