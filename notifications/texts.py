"""Texts of an event in every language of the portal.

An event is written once and read later, by people of several languages, in a process that has no request. So its texts
are rendered when it is published, in each of `settings.LANGUAGES`, and kept side by side: `{"en": "…", "ko": "…"}`.
"""

from collections.abc import Mapping
from typing import cast

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise, lazy
from django_stubs_ext import StrPromise

Texts = dict[str, str]
Text = str | Promise | Mapping[str, str]
"""What callers may pass: a plain string (the same in every language), a lazy translation, or texts already per
language.
"""


def _fill(message: object, values: Mapping[str, object]) -> str:
    return str(message) % {name: str(value) for name, value in values.items()}


_lazy_fill = lazy(_fill, str)


def filled(message: str | Promise, **values: object) -> StrPromise:
    """`message` with its `%(name)s` places filled, still lazy; values may be lazy too.

    `gettext_lazy("…") % {…}` would not do: Django evaluates it at once, in the language of the moment.
    """
    return cast("StrPromise", _lazy_fill(message, values))


def languages() -> tuple[str, ...]:
    """The codes of the portal's languages, in the order of the settings."""
    return tuple(code for code, _name in settings.LANGUAGES)


def render(text: Text) -> Texts:
    """The text in each language of the portal.

    A mapping keeps what it has and fills a missing language with the default one's text. NUL characters are dropped:
    PostgreSQL's jsonb refuses them, and a stray byte in somebody's error message must not undo the caller's
    transaction.
    """
    if isinstance(text, Mapping):
        return {code: _clean(pick(text, code)) for code in languages()}
    rendered: Texts = {}
    for code in languages():
        with translation.override(code):
            rendered[code] = _clean(str(text))
    return rendered


def pick(texts: Mapping[str, str], language: str) -> str:
    """The text in `language`, else in the default language, else in any, else nothing."""
    for code in (language, settings.LANGUAGE_CODE):
        if texts.get(code):
            return texts[code]
    return next((text for text in texts.values() if text), "")


def _choose(texts: Mapping[str, str]) -> str:
    return here(texts)


_lazy_choose = lazy(_choose, str)


def lazily(texts: Mapping[str, str]) -> StrPromise:
    """Texts as a lazy string in the language of whoever renders it: for a place in another text."""
    return cast("StrPromise", _lazy_choose(texts))


def here(texts: Mapping[str, str]) -> str:
    """The text in the language of the present request."""
    return pick(texts, translation.get_language() or settings.LANGUAGE_CODE)


def _clean(text: str) -> str:
    return text.replace("\x00", "")
