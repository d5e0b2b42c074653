"""Comparisons to begin with. Their prices are examples: those of AWS for Linux in us-east-1, as its pages have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

FARGATE: Final = """Fargate vCPU; 0.04048 USD/h; 2; ; {share} %
Fargate memory, GB; 0.004445 USD/h; 8; ; {share} %"""
EC2: Final = "EC2 m5.large (2 vCPU, 8 GB); 0.096 USD/h"


@dataclass(frozen=True, slots=True)
class Preset:
    """`ways`: name, hours and lines of each. `note` says where its prices come from, or what they mean."""

    title: StrOrPromise
    ways: tuple[tuple[StrOrPromise, str, str], ...]
    note: StrOrPromise


PRESETS: Final = (
    Preset(
        _("EC2 t2.micro all month at 10 USD against App Runner 0.5 vCPU/1 GB at 8.50 USD"),
        (
            ("EC2 t2.micro", "", "EC2 t2.micro; 10 USD/month; 1; always"),
            ("App Runner", "", "App Runner 0.5 vCPU/1 GB; 8.50 USD/month; 1; always"),
        ),
        _("Two prices of a whole month."),
    ),
    Preset(
        _("Fargate against EC2 at 60 % and at 90 % reservation"),
        (
            ("EC2", "", EC2),
            (_("Fargate, reserved by 60 %"), "", FARGATE.format(share=60)),
            (_("Fargate, reserved by 90 %"), "", FARGATE.format(share=90)),
        ),
        _("An instance is billed whole; with Fargate only the share of it that tasks reserve."),
    ),
    Preset(
        _("EC2 all month against App Runner that is busy for some hours"),
        (
            ("EC2 t2.micro", "", "EC2 t2.micro; 10 USD/month; 1; always"),
            (
                "App Runner",
                "100",
                "App Runner memory, GB; 0.007 USD/h; 1; always\nApp Runner vCPU while busy; 0.064 USD/h; 0.5",
            ),
        ),
        _("App Runner bills memory all the time, and its processor while requests come."),
    ),
)
