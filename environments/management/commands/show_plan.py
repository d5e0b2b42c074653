"""`manage.py show_plan ENV`: an environment's days as bars of characters, or as JSON, each with its reasons."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone

from environments import rules
from environments.models import Environment
from environments.services import plan_texts, plans
from environments.services.specs import spec_of

DAYS = 7
MOST = 366


class Command(BaseCommand):
    """Prints the plan and changes nothing. Raises CommandError, in a sentence, for what it cannot understand."""

    help = "Show when an environment is to run, day by day, and why."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("environment", metavar="ENV", help="short name or name of an environment")
        parser.add_argument("--from", dest="first", metavar="DATE", help="first day, as 2026-11-23 (default: today)")
        parser.add_argument("--to", dest="last", metavar="DATE", help="last day (default: six days after the first)")
        parser.add_argument("--json", action="store_true", help="for programs: segments and changes")
        parser.add_argument("--lang", choices=["en", "ko"], default="en", help="language of the reasons")
        parser.add_argument("--ascii", action="store_true", help="plain characters only")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        environment = _environment(options["environment"], now)
        try:
            spec = spec_of(environment, now)
            first, count = _span(options["first"], options["last"], plans.today(spec.zone_name, now))
            days = plans.days_of(spec, first, count)
        except rules.RuleError as error:
            raise CommandError(f"Its schedule cannot be read: {error.text(options['lang'])}") from error
        if not days:
            raise CommandError(f"--from: there was no {first} in {spec.zone_name}.")
        if options["json"]:
            told = plan_texts.as_data(environment, spec, days, now)
            self.stdout.write(json.dumps(told, ensure_ascii=options["ascii"], indent=2))
            return
        encoding = getattr(self.stdout, "encoding", None) or "utf-8"
        plain = options["ascii"] or not plan_texts.can_say(encoding)
        for line in plan_texts.lines(environment, spec, days, now, language=options["lang"], plain=plain):
            # A name that the terminal has no letters for is shown with question marks rather than not at all.
            self.stdout.write(line.encode(encoding, "replace").decode(encoding))


def _environment(name: str, now: datetime) -> Environment:
    """By short name or name, small and capital letters alike; an exact short name comes first."""
    found = list(Environment.objects.with_plan(now).filter(Q(slug=name) | Q(name__iexact=name)))
    if found:
        return min(found, key=lambda one: one.slug != name)
    known = [word for pair in Environment.objects.values_list("slug", "name") for word in pair]
    near = list(dict.fromkeys(get_close_matches(name, known, n=5, cutoff=0.5)))
    if near:
        raise CommandError(f"There is no environment '{name}'. Near to it: {', '.join(near)}")
    some = list(dict.fromkeys(known[::2]))[:10]
    raise CommandError(
        f"There is no environment '{name}'. "
        + (f"There are: {', '.join(some)}{' …' if len(known) // 2 > len(some) else ''}" if some else "There is none.")
    )


def _span(first: str | None, last: str | None, today: date) -> tuple[date, int]:
    begin = _date(first, "--from") if first else today
    try:
        end = _date(last, "--to") if last else begin + timedelta(days=DAYS - 1)
    except OverflowError as error:
        raise CommandError(f"--from: {begin} is too far away.") from error
    if end < begin:
        raise CommandError(f"--to: {end} is before {begin}, the first day.")
    count = (end - begin).days + 1
    if count > MOST:
        raise CommandError(f"--to: {count} days are too many; {MOST} at most.")
    if not 1970 <= begin.year <= end.year < 2200:
        raise CommandError("--from, --to: years from 1970 to 2199.")
    return begin, count


def _date(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{option}: '{text}' is not a date; write one like 2026-11-23.") from error
