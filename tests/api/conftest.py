"""What tests of the API share."""

from collections.abc import Iterator

import pytest

from environments.api import explained
from portal import admin_tokens  # noqa: F401  (registered before the addresses are read)
from portal.api import limits


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """What a process remembers between requests is not to reach the next test."""
    limits.forget_guessing()
    explained.forget()
    yield
    limits.forget_guessing()
    explained.forget()
