"""Figures, chips and paging: numbers of a thousand and more are written as in the language of the reader."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from environments.models import Environment
from tests import factories

from .conftest import Enter
from .overriding import words

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("language", "said"), [("en", "0 of 1,002"), ("ko", "1,002개 중 0")])
def test_large_numbers_are_written_as_in_the_language_of_the_reader(
    language: str, said: str, enter: Enter, as_manager: Client
) -> None:
    team, schedule = factories.team(), factories.schedule()
    Environment.objects.bulk_create(
        Environment(name=f"e-{n:04}", slug=f"e-{n:04}", team=team, schedule=schedule, state="failed_to_start")
        for n in range(1002)
    )
    spoken = {"accept-language": language}
    html = as_manager.get("/?page=34", headers=spoken).content.decode()
    assert said in words(html.split('id="board-tiles"')[1])
    assert 'id="board-count-attention">1,002</b>' in html
    assert "991–1,002" in words(html)
    assert "1,002" in words(as_manager.get("/calendar/?page=26", headers=spoken).content.decode())
    live = as_manager.get("/board/live/?rows=&tiles=old", headers=spoken).content.decode()
    assert re.search(r'id="board-count-all"[^>]*>1,002<', live)
    listed = words(enter(factories.operator()).get("/environments/environment/?q=e-0", headers=spoken).content.decode())
    assert "1,000" in listed
    assert "1,002" in listed
