"""`manage.py env …`: environments for people on the server (docs/command-line.md).

Exit codes: 0 done; 1 not done, or it failed; 2 what was typed is not understood; 130 following was interrupted;
141 nobody reads what it says any more (`… | head`).
"""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import SUPPRESS
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from environments import rules
from environments.admin.displays import at_place
from environments.admin.switching import switched
from environments.management import env_asking, env_lines
from environments.management.env_words import say
from environments.models import FAILED_STATES, Environment, Operation, State, Wish
from environments.rules.durations import spoken
from environments.services import boards, env_following, holds, plan_texts, plans
from environments.services.env_following import End
from environments.services.specs import planned, spec_of
from portal.env import of_shell
from portal.health import STALE_AFTER
from portal.models import Pulse
from portal.origin import COMMAND, acting

MOST_DAYS = 366
# As shells say it of a program that a broken pipe has ended: 128 and the number of SIGPIPE.
UNREAD = 141
ENDS = {End.OVERTAKEN: "overtaken", End.NOBODY: "nobody", End.FAILED: "failed"}
KIND = {Wish.RUNNING: Operation.Kind.START, Wish.STOPPED: Operation.Kind.STOP}
RUNS = frozenset({State.RUNNING, State.STARTING, State.REDEPLOYING})


class Command(BaseCommand):
    """Does what a page does, with the same rights, in the name of a portal user. Raises CommandError, in a sentence."""

    help = "Look at environments, start and stop them, in the name of a portal user."

    def __init__(self, *args: Any, pause: Callable[[float], None] = time.sleep, **options: Any) -> None:
        super().__init__(*args, **options)
        self.pause = pause

    def add_arguments(self, parser: CommandParser) -> None:
        common = CommandParser(add_help=False)
        who: dict[str, Any] = {"dest": "user", "metavar": "USERNAME", "help": "who you are (default: your system name)"}
        parser.add_argument("--as", **who)
        common.add_argument("--as", default=SUPPRESS, **who)  # else it would forget what stands before the verb
        common.add_argument("--language", choices=["en", "ko"], help="default: that of LANG")
        named = CommandParser(add_help=False, parents=[common])
        named.add_argument("name", nargs="+", metavar="NAME", help="short name, name, or how one of them begins")
        told = CommandParser(add_help=False)
        told.add_argument("--json", action="store_true", help="for programs")
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

        listed = verbs.add_parser("list", parents=[common, told], help="all that you may see")
        listed.add_argument("--team", help="of this team only")
        listed.add_argument("--state", choices=sorted(boards.STATES), help="in this state only")
        verbs.add_parser("status", parents=[named, told], help="state, reason, what is under way")
        verbs.add_parser("why", parents=[named, told], help="what its plan says, and why")
        days = verbs.add_parser("plan", parents=[named, told], help="its days as bars")
        days.add_argument("--days", type=int, default=7, help="how many, from today on (default: 7)")
        for verb, what in (("start", "start it, and keep it running"), ("stop", "stop it, and keep it stopped")):
            self._switching(verbs.add_parser(verb, parents=[named], help=what), verb)
        longer = verbs.add_parser("extend", parents=[named], help="keep it running for longer than planned")
        longer.add_argument("length", help="by how much: 2h, 90m, 1h30m")
        longer.add_argument("--reason", default="", help="why, for the others")

    def _switching(self, parser: CommandParser, verb: str) -> None:
        ends = parser.add_mutually_exclusive_group()
        ends.add_argument("--until", metavar="HH:MM", help="by its own clock; also YYYY-MM-DD HH:MM, in quotes")
        ends.add_argument("--hours", type=_hours, metavar="N", help="for so many hours from now")
        ends.add_argument("--released", action="store_true", help="until somebody releases it")
        parser.add_argument("--reason", default="", help="why, for the others")
        parser.add_argument("--follow", action="store_true", help="show the steps until the end")
        if verb == "stop":
            parser.add_argument("--yes", action="store_true", help="do not ask")
            parser.add_argument("--anyway", action="store_true", help="though others need it (operators)")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        now = timezone.now()
        with translation.override(env_asking.language(options["language"])):
            person = env_asking.who(options["user"])
            try:
                with acting(person, COMMAND):
                    getattr(self, f"_{verb}")(person, options, now)
                # What is still held back would fail after this, where nobody could say so any better.
                self.stdout.flush()
            except BrokenPipeError:
                self._stop_speaking()
                raise SystemExit(UNREAD) from None
            except (PermissionDenied, ValidationError) as refused:
                said = refused.messages if isinstance(refused, ValidationError) else [str(refused)]
                raise CommandError(" ".join(said)) from refused
            except rules.RuleError as error:
                raise CommandError(say("unreadable", problem=error.text(env_asking.speaks()))) from error

    def _stop_speaking(self) -> None:
        """What is held back goes nowhere, or Python complains of it as it ends
        (https://docs.python.org/3/library/signal.html#note-on-sigpipe)."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.stdout.fileno())
        os.close(nowhere)

    def _list(self, person: User, options: dict[str, Any], now: datetime) -> None:
        filters = boards.Filters(team=env_asking.team(person, options["team"]), state=options["state"] or "")
        found = env_lines.cards_of(person, boards.listed(person, filters, ()).values_list("pk", flat=True), now)
        if options["json"]:
            self._json({"environments": [env_lines.data(card, now) for card in found]})
            return
        if not found:
            self._say(say("nothing"))
            return
        head = [say(f"column {name}") for name in ("name", "team", "state", "next", "why")]
        rows = env_lines.table([head, *map(env_lines.cells, found)])
        self._say("  ".join(next(rows)).rstrip())
        for card, cells in zip(found, rows, strict=True):
            cells[2] = self._toned(cells[2], State(card.environment.state))
            self._say("  ".join(cells).rstrip())
        self._say(say("count", count=len(found)))

    def _status(self, person: User, options: dict[str, Any], now: datetime) -> None:
        environment = env_asking.which(person, options["name"], now)
        card = env_lines.cards_of(person, [environment.pk], now)[0]
        if options["json"]:
            self._json(env_lines.data(card, now))
            return
        for line in env_lines.status(card, now):
            self._say(line)

    def _why(self, person: User, options: dict[str, Any], now: datetime) -> None:
        environment = env_asking.which(person, options["name"], now)
        if options["json"]:
            self._json(env_lines.why_data(environment, now))
            return
        for line in list(env_lines.why(environment, now)):
            self._say(line)

    def _plan(self, person: User, options: dict[str, Any], now: datetime) -> None:
        environment = env_asking.which(person, options["name"], now)
        if not 1 <= options["days"] <= MOST_DAYS:
            raise CommandError(say("days", most=MOST_DAYS))
        spec = spec_of(environment, now)
        days = plans.days_of(spec, plans.today(spec.zone_name, now), options["days"])
        if options["json"]:
            self._json(plan_texts.as_data(environment, spec, days, now))
            return
        plain = not plan_texts.can_say(self._encoding)
        for line in plan_texts.lines(environment, spec, days, now, language=env_asking.speaks(), plain=plain):
            self._say(line)

    def _start(self, person: User, options: dict[str, Any], now: datetime) -> None:
        environment = env_asking.which(person, options["name"], now)
        self._switch(person, environment, Wish.RUNNING, _end(environment, options, now), options, now)

    def _stop(self, person: User, options: dict[str, Any], now: datetime) -> None:
        environment = env_asking.which(person, options["name"], now)
        end = _end(environment, options, now)
        if not options["yes"]:
            self._confirm(person, environment, end, now)
        self._switch(person, environment, Wish.STOPPED, end, options, timezone.now())

    def _extend(self, person: User, options: dict[str, Any], now: datetime) -> None:
        environment = env_asking.which(person, options["name"], now)
        by = env_asking.length(options["length"])
        if environment.state not in RUNS:
            raise CommandError(say("not running", name=environment.name, slug=environment.slug))
        found = rules.explain(spec_of(environment, now), now)
        if found.desired is rules.Desired.RUNNING and found.until is None:
            raise CommandError(say("always on", name=environment.name))
        end = holds.extended_until(environment, spec_of(environment, now), now, by)
        self._switch(person, environment, Wish.RUNNING, end, options, now)

    def _switch(
        self, person: User, of: Environment, wish: Wish, end: env_asking.Until, options: dict[str, Any], now: datetime
    ) -> None:
        if len(options["reason"]) > holds.REASON_LENGTH:
            raise CommandError(say("too long", most=holds.REASON_LENGTH))
        hold = holds.place(
            environment=of,
            desired=wish,
            until=end,
            reason=options["reason"],
            author=person,
            origin=COMMAND,
            anyway=options.get("anyway", False),
            now=now,
        )
        self._say(switched(of, hold, now))
        if env_following.under_way(of) is None:
            of.refresh_from_db(fields=["state"])
            self._say(say("already", state=State(of.state).label))
            return
        if not self._workers(now):
            self.stderr.write(say("no worker"))
        if options.get("follow"):
            self._follow(of, KIND[wish])

    def _confirm(self, person: User, of: Environment, end: env_asking.Until, now: datetime) -> None:
        """Says what would end, and asks. CommandError unless the answer is yes."""
        if end is holds.Until.NEXT_CHANGE:
            end = holds.default_end(of, now=now) or holds.Until.RELEASED
        zone = of.zone_name
        time_said = at_place(end, zone, now) if isinstance(end, datetime) else ""
        until = say("until next", time=time_said) if time_said else say("until released")
        why = rules.explain(spec_of(planned(of, now), now), now).text(env_asking.speaks(), zone)
        self._say(say("now", state=State(of.state).label, why=why))
        self.stdout.write(self._written(say("ask", name=of.name, until=until)), ending="")
        self.stdout.flush()
        if sys.stdin.readline().strip().casefold() not in {"y", "yes", "네", "예"}:
            raise CommandError(say("not confirmed"))

    def _follow(self, of: Environment, kind: str) -> None:
        """Prints each step as it changes. CommandError when it does not end well."""
        shown: dict[tuple[int, int], str] = {}
        try:
            for operation, end in env_following.follow(of, kind, pause=self.pause, clock=timezone.now):
                lines = env_lines.step_lines(operation, of.zone_name, timezone.now())
                for place, line in enumerate(lines):
                    if shown.get((operation.pk, place)) != line:
                        shown[operation.pk, place] = line
                        self._say(line)
                if end is not None:
                    self._ended(of, operation, end)
        except KeyboardInterrupt:
            raise CommandError(say("goes on"), returncode=130) from None

    def _ended(self, of: Environment, operation: Operation, end: End) -> None:
        if end is not End.DONE:
            raise CommandError(say(ENDS[end], why=operation.error_text or operation.reason_text))
        of.refresh_from_db(fields=["state"])
        took = spoken((operation.finished_at or timezone.now()) - operation.created_at, env_asking.speaks())
        self._say(say("done", state=State(of.state).label, took=took))

    def _workers(self, now: datetime) -> bool:
        return Pulse.objects.filter(name=Pulse.Name.WORKER, at__gte=now - STALE_AFTER).exists()

    def _toned(self, text: str, state: State) -> str:
        """Colours on a terminal that wants them; Django leaves them out elsewhere."""
        if of_shell("NO_COLOR"):
            return text
        if state in FAILED_STATES:
            return self.style.ERROR(text)
        return self.style.SUCCESS(text) if state is State.RUNNING else text

    def _json(self, told: Any) -> None:
        self._say(json.dumps(told, ensure_ascii=False, indent=2))

    @property
    def _encoding(self) -> str:
        return getattr(self.stdout, "encoding", None) or "utf-8"

    def _written(self, text: str) -> str:
        """A name that the terminal has no letters for is shown with question marks rather than not at all."""
        return text.encode(self._encoding, "replace").decode(self._encoding)

    def _say(self, text: str) -> None:
        self.stdout.write(self._written(text))


def _end(of: Environment, options: dict[str, Any], now: datetime) -> env_asking.Until:
    return env_asking.until(of, at=options["until"], hours=options["hours"], released=options["released"], now=now)


def _hours(text: str) -> float:
    hours = float(text)
    if not 0 < hours <= 24 * 366:
        raise ValueError
    return hours
