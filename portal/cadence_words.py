"""How often the clockwork runs something, in the reader's words; the packages behind it know them in English only."""

from __future__ import annotations

from django.utils.translation import get_language, gettext, ngettext
from django_celery_beat.models import CrontabSchedule, IntervalSchedule

SECONDS = {"days": 86400, "hours": 3600, "minutes": 60}


def interval_words(interval: IntervalSchedule) -> str:
    """“every 10 minutes”, also where it is kept as 600 seconds."""
    seconds = interval.every * {**SECONDS, "seconds": 1}.get(interval.period, 0)
    for unit, length in SECONDS.items():
        if seconds and seconds % length == 0:
            count = seconds // length
            if count == 1:
                return {
                    "days": gettext("every day"),
                    "hours": gettext("every hour"),
                    "minutes": gettext("every minute"),
                }[unit]
            said = {
                "days": ngettext("every %(count)s day", "every %(count)s days", count),
                "hours": ngettext("every %(count)s hour", "every %(count)s hours", count),
                "minutes": ngettext("every %(count)s minute", "every %(count)s minutes", count),
            }
            return said[unit] % {"count": count}
    return str(interval)


def crontab_words(crontab: CrontabSchedule) -> str:
    """“every day at 19:00 (UTC)” for what is usual; of the rest its fields, in English with what they mean."""
    minute, hour = crontab.minute, crontab.hour
    rest = (crontab.day_of_week, crontab.day_of_month, crontab.month_of_year)
    if rest == ("*", "*", "*"):
        if (minute, hour) == ("*", "*"):
            return gettext("every minute")
        if minute.isdecimal() and hour == "*":
            return gettext("every hour at minute %(minute)s") % {"minute": int(minute)}
        if minute.isdecimal() and hour.isdecimal():
            clock = f"{int(hour):02}:{int(minute):02}"
            return gettext("every day at %(clock)s (%(zone)s)") % {"clock": clock, "zone": crontab.timezone}
    if (get_language() or "en").startswith("en"):
        return str(crontab.human_readable)
    return f"{crontab_fields(crontab)} ({crontab.timezone})"


def crontab_fields(crontab: CrontabSchedule) -> str:
    """As cron has them: minute, hour, day of the month, month, day of the week."""
    shown = (crontab.minute, crontab.hour, crontab.day_of_month, crontab.month_of_year, crontab.day_of_week)
    return " ".join(str(field) for field in shown)
