"""How somebody reads the portal."""

from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


def validate_zone(name: str) -> None:
    """Raises ValidationError when no time zone has this name."""
    if name not in available_timezones():
        raise ValidationError(_("“%(zone)s” is not a time zone, such as Asia/Seoul."), params={"zone": name})


class Preference(models.Model):
    """How somebody reads the portal: their language, and the zone in which times are shown to them as well."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="preference"
    )
    language = models.CharField(
        _("language"), max_length=8, choices=settings.LANGUAGES, blank=True, help_text=_("Empty: that of the browser.")
    )
    timezone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[validate_zone],
        help_text=_("Yours. Times of other zones are shown in it as well. For example Asia/Seoul."),
    )

    # They were erased from the contacts: nobody makes an entry of theirs but they themselves.
    without_entry = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return str(self.user)
