"""What an inventory has found, in a form that tests read."""

from __future__ import annotations

from environments.aws.inventory_parts import Inventory, Place
from environments.targets.base import AccountRef
from tests.factories import REGION

ACCOUNT = AccountRef("123456789012", "development")
HERE = Place(ACCOUNT, REGION)


def lines(found: Inventory) -> dict[str, tuple[str, bool]]:
    """Quantity, and whether it is billed while stopped, by label."""
    return {one.label: (f"{one.quantity.normalize():f}", one.always) for one in found.things}


def left_out(found: Inventory) -> dict[str, str]:
    assert all(one.what["ko"] and one.why["ko"] for one in found.unpriced)
    return {one.what["en"]: one.why["en"] for one in found.unpriced}


def filters(found: Inventory) -> dict[str, str]:
    (thing,) = found.things
    return dict(thing.filters) | {"usage": thing.usage}
