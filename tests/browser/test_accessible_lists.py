"""Every list and form of the admin as axe-core sees it: in English, light and dark; in Korean, on a phone of 390 px.

A file of its own: the browser tests run file by file, on as many workers as there are cores.
"""

from __future__ import annotations

import pytest

from . import pages
from .conftest import Addresses, Look
from .judged import faults_of

LISTS = [name for name in (*pages.names(), *pages.ALSO) if name.startswith("admin:")]


@pytest.mark.parametrize("name", LISTS)
def test_a_page_can_be_read_by_everybody_and_pressed_with_a_thumb(look: Look, addresses: Addresses, name: str) -> None:
    assert faults_of(name, look, addresses) == []
