from __future__ import annotations

from tests.services.conftest import scripted

__all__ = ["scripted"]
