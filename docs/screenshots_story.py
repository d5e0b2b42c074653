"""What happens in the sample before its pictures are taken: two holds, two exceptions, a job that calls, and a status
page for everybody. `docs.screenshots` runs it."""

from __future__ import annotations

import os
from datetime import timedelta

import django
from django.apps import apps
from django.utils import timezone

from tests.support.waiting import wait_until

RUNNING_S = 180.0


def main() -> None:
    """Tell it, and wait until chat-dev runs and answers, the job is well, and costs and bills are reckoned."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    from django.contrib.auth.models import User

    from environments.models import Check, DailyBill, DailyCost, Heartbeat, StatusPage
    from environments.services import exceptions, heartbeat_edits, heartbeats, holds

    environments = apps.get_model("environments", "Environment").objects
    mina = User.objects.get(username="manager")
    now = timezone.now()
    tomorrow = timezone.localdate() + timedelta(days=1)
    chat = environments.get(name="chat-dev")
    until = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=4)
    holds.place(environment=chat, desired="running", until=until, reason="client demo", author=mina, now=now)
    # Nobody has said until when: that is what needs somebody.
    demo, forever = environments.get(name="chat-demo"), holds.Until.RELEASED
    holds.place(environment=demo, desired="stopped", until=forever, reason="not needed yet", author=mina, now=now)
    for name, kind, day in (("chat-staging", "off", tomorrow), ("chat-demo", "on", tomorrow + timedelta(days=1))):
        wanted = exceptions.Wanted(kind, day, day, reason="team day" if kind == "off" else "client demo")
        exceptions.place(scope=environments.get(name=name), wanted=wanted, author=mina, now=now)
    staging = environments.get(name="chat-staging")
    StatusPage.objects.create(environment=staging, is_public=True, title="Chat (test)", contact="dev-team@example.com")
    backup = Heartbeat.objects.get(environment=staging)
    backup.is_on = True
    backup.save()
    heartbeat_edits.saved(heartbeat=backup, changed=["is_on"], now=now)
    heartbeats.called(heartbeat_id=backup.pk, said="success", status=None, body=b"1.2 GB in 96 files", now=now)
    wait_until(lambda: Check.objects.get(pk=backup.pk).state == "up", RUNNING_S)
    wait_until(lambda: Check.objects.get(environment=chat, kind="http").state == "up", RUNNING_S)
    wait_until(lambda: environments.get(pk=demo.pk).state == "stopped", RUNNING_S)
    reckoned = DailyCost.objects.filter(environment__in=[chat, staging], day=timezone.localdate() - timedelta(days=1))
    wait_until(lambda: reckoned.count() == 2, RUNNING_S)
    wait_until(DailyBill.objects.filter(environment=staging).exists, RUNNING_S)


if __name__ == "__main__":
    main()
