"""`manage.py discord_commands`: tells Discord which slash commands there are."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from notifications.chat import discord
from notifications.inbound.discord_commands import COMMANDS, GROUP, NAME
from notifications.models import ChatApp
from notifications.senders import discord_api
from notifications.senders.base import TransportError
from notifications.senders.discord import error_of


class Command(BaseCommand):
    help = (
        "Registers the slash command /env of a chat app of Discord, as often as you like: the whole list replaces what"
        " was there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which app, and where."""
        parser.add_argument("--app", help="Name of the chat app, where there are several of Discord.")
        parser.add_argument(
            "--guild", type=_id, help="Id of one server: there it is known at once. Without: in all of them."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Raises CommandError with what is missing, or with what Discord answered."""
        app = _app(options["app"])
        if not app.config.readable:
            raise CommandError("The app's settings cannot be read with the present keys. Enter them again.")
        application, token = app.config.get("application_id", ""), app.config.get("bot_token", "")
        if not application or not token:
            raise CommandError(f"“{app}” needs its application id and its bot token for that.")
        where = f"/guilds/{options['guild']}" if options["guild"] else ""
        path = f"/applications/{application}{where}/commands"
        try:
            answer = discord_api.call("PUT", path, COMMANDS, discord.api(app), token=token)
        except TransportError as error:
            raise CommandError(f"Discord was not reached: {error}") from None
        if not 200 <= answer.status < 300:
            raise CommandError(str(error_of(answer, app.config.values())))
        place = f"in the server {options['guild']}" if options["guild"] else "in all servers of the application"
        self.stdout.write(f"Registered for “{app}”, {place}:")
        for line in _lines(COMMANDS[0]["options"]):
            self.stdout.write(f"  /{NAME} {line}")


def _id(typed: str) -> str:
    if not (typed.isascii() and typed.isdecimal()):
        raise ArgumentTypeError("expected the id of a server, a number such as 197038439483310086")
    return typed


def _app(name: str | None) -> ChatApp:
    apps = list(ChatApp.objects.filter(kind=ChatApp.Kind.DISCORD, **({"name": name} if name else {})))
    if len(apps) == 1:
        return apps[0]
    if name:
        raise CommandError(f"There is no chat app of Discord called “{name}”.")
    if not apps:
        raise CommandError("There is no chat app of Discord yet: add one under Set up → Chat apps.")
    raise CommandError(f"Say which with --app: {', '.join(sorted(app.name for app in apps))}.")


def _lines(options: Sequence[Mapping[str, Any]], before: str = "") -> Iterator[str]:
    """“exception set <date> <which> <time> [name]”."""
    for option in options:
        name = f"{before}{option['name']}"
        if option["type"] == GROUP:
            yield from _lines(option["options"], f"{name} ")
        else:
            given = [f"<{one['name']}>" if one["required"] else f"[{one['name']}]" for one in option["options"]]
            yield " ".join([name, *given])
