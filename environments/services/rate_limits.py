"""What a price may be at most, and how exact: what every database keeps as it was typed, and can add up."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from django.core.exceptions import ValidationError
from django.utils import formats
from django.utils.translation import gettext as _

from environments.models.rate import PriceLine

# SQLite keeps decimals as floating-point numbers, which hold so many significant digits exactly.
MOST_DIGITS: Final = 15
# Of one line in a month, in whatever currency. Sums are 64-bit millionths: they hold some nine hundred times that.
MOST_A_MONTH: Final = Decimal(10_000_000_000)
LONGEST_MONTH_H: Final = 31 * 24 + 1


def check_size(*, unit_price: Decimal, quantity: Decimal, unit: str) -> None:
    """ValidationError, by field, for a price that a month's costs cannot hold, or that no database keeps as typed."""
    digits = len(unit_price.normalize().as_tuple().digits)
    if digits > MOST_DIGITS:
        said = _("This has %(digits)d significant digits. At most %(most)d are kept exactly.")
        raise ValidationError({"unit_price": said % {"digits": digits, "most": MOST_DIGITS}})
    of_one = unit_price * (LONGEST_MONTH_H if unit == PriceLine.Unit.HOUR else 1)
    if of_one * quantity > MOST_A_MONTH:
        said = _("With this, a month comes to more than %(most)s, which cannot be counted.")
        field = "unit_price" if of_one > MOST_A_MONTH or quantity <= 1 else "quantity"
        raise ValidationError({field: said % {"most": formats.number_format(MOST_A_MONTH, 0, force_grouping=True)}})
