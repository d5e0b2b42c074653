"""Values told in a line or a few: rules in words, lists of facts."""

from collections.abc import Iterable
from datetime import time

from django.utils import formats
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications import kinds
from notifications.models import Delivery, Rule, Severity

AT_MOST = 3
"""More of one sort than that are told by their number."""


def lines(facts: Iterable[tuple[StrOrPromise, StrOrPromise]]) -> SafeString:
    """“Name: value”, one below the other."""
    return format_html_join("", "<div>{}: {}</div>", ((name, value) for name, value in facts if value))


def joined(*parts: StrOrPromise) -> str:
    """What there is of the parts, with dots between."""
    return " · ".join(str(part) for part in parts if part)


def span(begin: time | None, end: time | None) -> str:
    """“09:00–18:00”; "" without both ends."""
    return f"{begin:%H:%M}–{end:%H:%M}" if begin is not None and end is not None else ""


def weekdays(days: Iterable[int]) -> str:
    """“Mon–Fri”, “Mon, Wed”; "" for none or all. 0 is Monday."""
    chosen = sorted(set(days))
    if not chosen or len(chosen) == 7:
        return ""
    names = [str(WEEKDAYS_ABBR[day]) for day in chosen]
    if len(chosen) > 2 and chosen[-1] - chosen[0] == len(chosen) - 1:
        return f"{names[0]}–{names[-1]}"
    return ", ".join(names)


def some(names: Iterable[StrOrPromise]) -> str:
    """The names, as many as one reads; beyond that, how many more."""
    every = [str(name) for name in names]
    more = len(every) - AT_MOST
    if more <= 1:
        return ", ".join(every)
    number = formats.number_format(more, use_l10n=True)
    return gettext("%(names)s and %(count)s more") % {"names": ", ".join(every[:AT_MOST]), "count": number}


def what(rule: Rule) -> str:
    """Which events a rule is about: “Failed · error · chat-dev · Chat · Mon–Fri 09:00–18:00”; “everything”."""
    catalogue = kinds.catalogue()
    severities = dict(Severity.choices)
    about = joined(
        some(catalogue.get(kind, kind) for kind in rule.event_kinds),
        some(severities.get(one, one) for one in rule.severities),
        some(rule.environments),
        some(rule.teams),
    )
    when = f"{weekdays(rule.weekdays)} {span(rule.hours_from, rule.hours_until)}".strip()
    return joined(about or gettext("Everything"), f"{when} ({rule.timezone})" if when else "")


def whom(rule: Rule) -> str:
    """Who hears of it: “Team room, Minseo Kim, On call”. Its lists are to be prefetched."""
    people = [*rule.channels.all(), *rule.contacts.all(), *rule.groups.all()]
    names: list[StrOrPromise] = [one.name for one in people]
    if rule.its_people:
        names.append(gettext("people of the environment"))
    return some(names) or gettext("nobody")


def recipient(delivery: Delivery) -> StrOrPromise:
    """The person's name; whoever reads the channel; that the person has been erased."""
    if delivery.contact is not None:
        return delivery.contact.name
    if not delivery.recipient:
        return _("whoever reads the channel")
    return _("somebody who has been erased")


def why(delivery: Delivery) -> str:
    """“A rule says so: Failures of chat”."""
    said = delivery.get_why_display()
    return f"{said}: {delivery.rule_name}" if delivery.rule_name else said
