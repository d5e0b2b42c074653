"""Money in the database: whole millionths of a currency unit, so that sums are exact in every database."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

PLACES: Final = 6
CURRENCY = RegexValidator(r"^[A-Z]{3}$", _("Three capital letters, for example USD or KRW."))


class MoneyField(models.DecimalField):  # type: ignore[type-arg]
    """An amount of money: a `Decimal` with at most six places in Python, a whole number of millionths in the database.

    SQLite would keep a `DecimalField` as a floating-point number, and its sums would drift. The `Sum` of such a field
    is a `Decimal` again. What has more places is refused with a ValidationError, never rounded in silence.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_digits": 18, "decimal_places": PLACES} | kwargs)

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def from_db_value(self, value: Any, *_unused: Any) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-PLACES)

    def get_prep_value(self, value: Any) -> int | None:
        amount = self.to_python(value)
        if amount is None:
            return None
        millionths = Decimal(amount).scaleb(PLACES)
        if millionths != millionths.to_integral_value():
            raise ValidationError(_("“%(value)s” has more than six decimal places."), params={"value": value})
        return int(millionths)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> int | None:
        return value if prepared else self.get_prep_value(value)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return value if hasattr(value, "as_sql") else self.get_prep_value(value)
