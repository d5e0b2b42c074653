"""The user's guide inside the portal: chapters of `docs/guide/<language>/`, and which page belongs to which chapter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import ResolverMatch, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDER: Final = Path(settings.BASE_DIR, "docs", "guide")
IMAGES: Final = "../../images/guide/"
"""How chapters name their pictures, so that GitHub shows them too; `STATICFILES_DIRS` serves them as `guide/…`."""
CHAPTERS: Final = (
    "start",
    "board",
    "environment",
    "health",
    "tickets",
    "calendar",
    "costs",
    "budgets",
    "schedules",
    "holiday-calendars",
    "accounts-and-targets",
    "messages",
    "chat",
    "programs",
    "people-and-roles",
    "sign-in-and-preferences",
    "feeds-and-plans",
    "glossary",
)
PAGES: Final = (
    ("start", "guide:contents guide:chapter environments:sample"),
    ("board", "admin:index environments:board environments:ask environments:star"),
    (
        "environment",
        "environments:page environments:live environments:week environments:operations environments:changes"
        " environments:change_undo environments:pause environments:resume environments:redeploy environments:accept"
        " environments:withdraw environments:leave_behind admin:environments_environment admin:environments_hold"
        " admin:environments_operation admin:environments_tag",
    ),
    (
        "health",
        "environments:health environments:check_now environments:metrics admin:environments_httpcheck"
        " admin:environments_heartbeat admin:environments_device admin:environments_devicereport"
        " admin:environments_alarm admin:environments_alarmcheck admin:notifications_gateway admin:notifications_topic"
        " admin:notifications_arrival",
    ),
    ("tickets", "environments:tickets environments:ticket admin:environments_ticketrule"),
    ("calendar", "environments:calendar environments:exception admin:environments_dayexception"),
    ("costs", "environments:costs environments:advice environments:price admin:environments_ratetemplate"),
    ("budgets", "environments:costs_compare admin:environments_budget"),
    ("schedules", "admin:environments_schedule"),
    ("holiday-calendars", "admin:environments_calendar"),
    ("accounts-and-targets", "environments:find admin:environments_account admin:environments_target"),
    (
        "messages",
        "admin:notifications_channel admin:notifications_contact admin:notifications_contactgroup"
        " admin:notifications_delivery admin:notifications_escalation admin:notifications_event"
        " admin:notifications_rule admin:notifications_wording preferences_messages preferences_data",
    ),
    ("chat", "chat admin:notifications_chatapp admin:notifications_chatperson admin:notifications_chatrequest"),
    ("programs", "admin:portal_apitoken admin:environments_deployment"),
    (
        "people-and-roles",
        "environments:changes_everywhere admin:environments_team admin:auth_user admin:auth_group admin:axes_accesslog"
        " admin:axes_accessfailurelog admin:axes_accessattempt admin:django_celery_beat_periodictask"
        " admin:django_celery_beat_intervalschedule admin:django_celery_beat_crontabschedule",
    ),
    ("sign-in-and-preferences", "admin:password_change preferences"),
    ("feeds-and-plans", "environments:feed"),
)
"""Chapter -> the names of the addresses that it tells of; a name stands also for those that go on with “_”, unless
another chapter has a longer one."""
OF_NAMES: Final = {name: chapter for chapter, names in PAGES for name in names.split()}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of a chapter, and the name of its place in the page."""

    title: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter as it is shown: its title, its HTML without the title, its sections."""

    slug: str
    title: str
    html: SafeString
    sections: tuple[Section, ...]


def chapter_of(match: ResolverMatch | None) -> str | None:
    """The chapter that tells of a page; None when no chapter was named for it."""
    return chapter_of_name(_name(match)) if match else None


def chapter_of_name(name: str) -> str | None:
    """The chapter of the longest name in `PAGES` that this one is, or goes on from with “_”."""
    while name not in OF_NAMES:
        name, more, _rest = name.rpartition("_")
        if not more:
            return None
    return OF_NAMES[name]


def _name(match: ResolverMatch) -> str:
    """The histories of all models share an address without a name: they are told of where their models are."""
    if match.url_name is None and {"app", "model"} <= match.kwargs.keys():
        return f"admin:{match.kwargs['app']}_{match.kwargs['model']}_history"
    return match.view_name


def address_of(match: ResolverMatch | None) -> str:
    """Where the help of a page is: its chapter, or the guide's beginning."""
    return reverse("guide:chapter", args=[chapter_of(match) or CHAPTERS[0]])


@cache
def read(slug: str, language: str) -> Chapter:
    """A chapter of the guide, read once a process. KeyError when there is none of this name."""
    if slug not in CHAPTERS:
        raise KeyError(slug)
    text = (FOLDER / language / f"{slug}.md").read_text(encoding="utf-8")
    title, _, body = text.removeprefix("# ").partition("\n")
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(body)
    sections = tuple(_anchored(tokens))
    for token in _inside(tokens):
        _lead_here(token)
    html = markdown.renderer.render(tokens, markdown.options, {})
    return Chapter(slug, title.strip(), mark_safe(html), sections)  # noqa: S308 (our own text; html in it is escaped)


def _anchored(tokens: Sequence[Token]) -> Iterator[Section]:
    """Give each heading of the second rank a name, so that it can be linked to."""
    for token, content in pairwise(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            anchor = slugify(content.content, allow_unicode=True)
            token.attrSet("id", anchor)
            yield Section(content.content, anchor)


def _inside(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _inside(token.children or ())


def _lead_here(token: Token) -> None:
    """Files of the project become addresses of the portal: pictures, and chapters that a chapter links to."""
    if token.type == "image":
        source = str(token.attrGet("src"))
        token.attrSet("src", static(f"guide/{source.removeprefix(IMAGES)}"))
        token.attrSet("loading", "lazy")
    elif token.type == "link_open":
        target = urlsplit(str(token.attrGet("href")))
        if not target.scheme and target.path.endswith(".md"):
            place = f"#{target.fragment}" if target.fragment else ""
            token.attrSet("href", reverse("guide:chapter", args=[target.path.removesuffix(".md")]) + place)


def reader_language() -> str:
    """The language of the guide for this request: the reader's, else English."""
    language = (get_language() or "en").split("-")[0]
    return language if language in dict(settings.LANGUAGES) else "en"


@require_GET
def contents(request: HttpRequest) -> HttpResponse:
    """The guide begins with its first chapter."""
    return redirect("guide:chapter", CHAPTERS[0])


@require_GET
def chapter(request: HttpRequest, slug: str) -> HttpResponse:
    """A chapter in the reader's language, with the contents at its side."""
    language = reader_language()
    try:
        shown = read(slug, language)
    except KeyError as error:
        raise Http404(_("The guide has no chapter “%(name)s”.") % {"name": slug}) from error
    place = CHAPTERS.index(slug)
    context = admin.site.each_context(request) | {
        "title": shown.title,
        "crumbs": [(_("Help"), reverse("guide:contents")), (shown.title, "")],
        "shown": shown,
        "chapters": [read(one, language) for one in CHAPTERS],
        "before": read(CHAPTERS[place - 1], language) if place else None,
        "after": read(CHAPTERS[place + 1], language) if place + 1 < len(CHAPTERS) else None,
    }
    return TemplateResponse(request, "portal/guide.html", context)
