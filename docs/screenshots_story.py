"""What happens in the sample before its pictures are taken: a hold and two exceptions. `docs.screenshots` runs it."""

from __future__ import annotations

import os
from datetime import timedelta

import django
from django.apps import apps
from django.utils import timezone

from tests.support.waiting import wait_until

RUNNING_S = 180.0


def main() -> None:
    """Tell it, and wait until chat-dev runs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    from django.contrib.auth.models import User

    from environments.services import exceptions, holds

    environments = apps.get_model("environments", "Environment").objects
    mina = User.objects.get(username="manager")
    now = timezone.now()
    tomorrow = timezone.localdate() + timedelta(days=1)
    chat = environments.get(name="chat-dev")
    until = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=4)
    holds.place(environment=chat, desired="running", until=until, reason="client demo", author=mina, now=now)
    for name, kind, day in (("chat-staging", "off", tomorrow), ("chat-demo", "on", tomorrow + timedelta(days=1))):
        wanted = exceptions.Wanted(kind, day, day, reason="team day" if kind == "off" else "client demo")
        exceptions.place(scope=environments.get(name=name), wanted=wanted, author=mina, now=now)
    wait_until(lambda: environments.get(name="chat-dev").state == "running", RUNNING_S)


if __name__ == "__main__":
    main()
