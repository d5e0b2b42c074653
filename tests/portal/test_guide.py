"""The guide is complete in both languages, every page knows its chapter, and every field says what it means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse
from markdown_it import MarkdownIt

from portal import guide
from portal.env import BASE_DIR
from tests import factories

LANGUAGES = ("en", "ko")
IMAGES = BASE_DIR / "docs" / "images" / "guide"
LARGEST = 80 * 1024
# Fields that need no words of help, and why.
SELF_EXPLAINING = {
    "DELETE": "the box that removes a row of a form",
    "password1": "Django's own rules stand there",
}

ELSEWHERE = (
    *(
        "public:",
        "notifications:",
        "api:",
        "set_language",
        "admin:login",
        "admin:logout",
        "admin:jsi18n",
        "admin:view_on_site",
    ),
    *("admin:app_list", "admin:autocomplete", "admin:search"),
    *("sms", "sns", "jandi", "slack", "discord", "metrics"),
)
"""What has no page of ours, or none for people who are signed in."""


@pytest.fixture
def anybody(db: None) -> Client:
    client = Client()
    client.force_login(factories.viewer())
    return client


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("slug", guide.CHAPTERS)
def test_links_of_a_chapter_lead_to_chapters_and_sections_that_are_there(slug: str, language: str) -> None:
    html = guide.read(slug, language).html
    for address, anchor in re.findall(r'href="(/help/[^"#]*)(?:#([^"]*))?"', html):
        led = guide.read(resolve(address).kwargs["slug"], language)
        assert not anchor or anchor in {quoted(section.anchor) for section in led.sections}, (address, anchor)
    assert not re.search(r'href="[^"]*\.md', html)


def quoted(anchor: str) -> str:
    """As markdown writes it into an address."""
    return MarkdownIt().normalizeLink(anchor)


@pytest.mark.parametrize("slug", guide.CHAPTERS)
def test_a_chapter_says_in_korean_what_it_says_in_english(slug: str) -> None:
    english, korean = (guide.read(slug, language) for language in LANGUAGES)
    assert len(english.sections) == len(korean.sections)
    assert re.search("[가-힣]", korean.title)
    pictures = [[name.replace(f"-{one}.png", "") for name in pictures_of(slug, one)] for one in LANGUAGES]
    assert pictures[0] == pictures[1]


def pictures_of(slug: str, language: str) -> list[str]:
    return re.findall(r'<img src="/static/guide/([^"]+)"', guide.read(slug, language).html)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_picture_is_there_small_of_its_language_and_used(language: str) -> None:
    used = {name for slug in guide.CHAPTERS for name in pictures_of(slug, language)}
    there = {file.name: file.stat().st_size for file in IMAGES.glob(f"*-{language}.png")}
    assert there.keys() == used
    assert len(there) <= 24
    assert {name: size for name, size in there.items() if size > LARGEST} == {}


def test_it_is_shown_in_the_readers_language_with_the_contents_at_its_side(anybody: Client) -> None:
    page = anybody.get("/help/board/", headers={"Accept-Language": "ko"}).content.decode()
    assert guide.read("board", "ko").title in page
    assert all(f'href="/help/{slug}/"' in page for slug in guide.CHAPTERS)
    assert "/static/guide/board-ko.png" in page


def test_its_text_cannot_bring_html_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "start.md").write_text("# Title\n\n<script>alert(1)</script> [x](javascript:alert(1))\n")
    monkeypatch.setattr(guide, "FOLDER", tmp_path)
    html = guide.read.__wrapped__("start", "en").html
    assert "<script" not in html
    assert 'href="javascript' not in html


def test_it_is_for_those_who_are_signed_in_and_a_chapter_that_is_not_there_is_said(anybody: Client) -> None:
    assert Client().get("/help/board/")["Location"].startswith("/login/")
    assert anybody.get("/help/no-such-chapter/").status_code == 404
    assert anybody.get("/help/", follow=True).status_code == 200


def named(patterns: Any, namespace: str = "") -> Iterator[str]:
    """The names of all addresses, with their namespaces."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from named(pattern.url_patterns, pattern.namespace or namespace)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield f"{namespace}:{pattern.name}" if namespace else str(pattern.name)


def test_every_page_of_ours_and_every_list_of_the_admin_has_a_chapter() -> None:
    names = {name for name in named(get_resolver().url_patterns) if not name.startswith(ELSEWHERE)}
    assert {name for name in names if guide.chapter_of_name(name) is None} == set()
    assert {chapter for chapter, _ in guide.PAGES} == set(guide.CHAPTERS) - {"glossary"}


@pytest.mark.parametrize("name", ["environments:plans", "environments:ticketing", "admin:notifications_letter_change"])
def test_a_page_that_nobody_has_named_has_none(name: str) -> None:
    assert guide.chapter_of_name(name) is None


def test_each_address_without_a_name_is_that_of_a_history_which_its_model_s_chapter_tells_of() -> None:
    for model in admin.site._registry:
        page = f"{model._meta.app_label}_{model._meta.model_name}"
        match = resolve(f"/{page.replace(f'_{model._meta.model_name}', '')}/{model._meta.model_name}/1/history/")
        assert guide.chapter_of(match) == guide.chapter_of_name(f"admin:{page}_changelist") is not None


@pytest.mark.parametrize(
    ("name", "chapter"),
    [
        ("admin:index", "board"),
        ("environments:find", "accounts-and-targets"),
        ("admin:environments_dayexception_changelist", "calendar"),
        ("admin:environments_calendar_add", "holiday-calendars"),
        ("admin:auth_user_changelist", "people-and-roles"),
    ],
)
def test_the_question_mark_of_a_page_opens_its_chapter(name: str, chapter: str, db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    page = client.get(reverse(name)).content.decode()
    assert re.search(rf'<a class="db-help" href="/help/{chapter}/"', page)


def test_every_field_that_people_fill_in_says_what_it_means(db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    silent = set()
    forms = 0
    for model in admin.site._registry:
        answer = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add"))
        if answer.status_code != 200 or "adminform" not in answer.context:
            continue  # nothing is added by hand, or the page has a form of its own
        forms += 1
        shown = [answer.context["adminform"].form]
        shown += [one.formset.empty_form for one in answer.context["inline_admin_formsets"]]
        silent |= {
            f"{model._meta.label}: {field.name}"
            for form in shown
            for field in form.visible_fields()
            if not field.help_text and field.name not in SELF_EXPLAINING
        }
    assert forms >= 8
    assert silent == set()
