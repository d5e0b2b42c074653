"""Ids that come out the same when the same history is told again."""

import random
import string
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from moto.moto_api._internal import mock_random

_one_at_a_time = threading.RLock()
_UPPER = string.ascii_uppercase + string.digits


@contextmanager
def seeded(key: str) -> Iterator[None]:
    """Within this, moto's ids and ours depend on the key alone, whatever other threads do meanwhile."""
    with _one_at_a_time:
        ours, theirs = random.getstate(), mock_random.getstate()
        random.seed(key)
        mock_random.seed(key)
        try:
            yield
        finally:
            random.setstate(ours)
            mock_random.setstate(theirs)


def suffix(length: int = 12) -> str:
    """The random tail of a physical id, as CloudFormation writes it: `7DW59NE2GVAK`."""
    return "".join(mock_random.choices(_UPPER, k=length))


def new_uuid() -> UUID:
    return mock_random.uuid4()


def hexadecimal(length: int) -> str:
    return f"{mock_random.getrandbits(4 * length):0{length}x}"
