"""Signs of life of the processes behind the pages, as rows: what `/readyz` reads works across machines."""

import os
import socket
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PulseQuerySet(models.QuerySet["Pulse"]):
    def latest_by_name(self) -> dict[str, datetime]:
        """When each kind of process last gave a sign of life; kinds that never did are absent."""
        return dict(self.values_list("name").annotate(last=models.Max("at")).order_by())


class Pulse(models.Model):
    """The last sign of life of one process. Written every few seconds, removed `KEPT` after the last one."""

    class Name(models.TextChoices):
        WORKER = "worker", _("Worker")
        BEAT = "beat", _("Beat")

    KEPT = timedelta(hours=1)

    name = models.CharField(_("name"), max_length=16, choices=Name.choices)
    host = models.CharField(_("host"), max_length=255)
    process = models.PositiveIntegerField(_("process id"))
    at = models.DateTimeField(_("at"), db_index=True)

    objects = PulseQuerySet.as_manager()

    class Meta:
        verbose_name = _("pulse")
        verbose_name_plural = _("pulses")
        constraints = [models.UniqueConstraint(fields=["name", "host", "process"], name="one_pulse_a_process")]

    def __str__(self) -> str:
        return f"{self.get_name_display()} {self.host}:{self.process}"

    @classmethod
    def beat(cls, name: Name) -> None:
        """Write this process's sign of life, and remove those of processes long gone."""
        now = timezone.now()
        cls.objects.update_or_create(name=name, host=socket.gethostname(), process=os.getpid(), defaults={"at": now})
        cls.objects.filter(at__lt=now - cls.KEPT).delete()

    @classmethod
    def end(cls, name: Name) -> None:
        """Remove this process's sign of life: it ends in order and is not to be taken for alive."""
        cls.objects.filter(name=name, host=socket.gethostname(), process=os.getpid()).delete()
