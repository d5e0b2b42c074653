"""Every word of every page in Korean, whichever machine the portal runs on: nothing here needs gettext installed."""

import ast
import gettext as standard
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import unfold  # type: ignore[import-untyped]
from django.conf import settings
from django.utils.translation import gettext, override
from django.utils.translation.template import templatize

from environments.models import State

APPS = ("environments", "notifications", "portal")
UNFOLD = Path(unfold.__path__[0])
# Parts of unfold that no page of ours uses: extensions for other packages, and the editor of rich text.
UNUSED = (
    "crispy",
    "contrib/forms",
    "contrib/constance",
    "contrib/guardian",
    "contrib/import_export",
    "contrib/simple_history",
)
# How compiled catalogues join a context and its text.
CONTEXT_END = "\x04"
CALL = re.compile(r"\b(_|n?p?gettext)\(\s*")
LITERAL = re.compile(r"""u?("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')\s*(,\s*|\))""")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z]|\{\w*\}")


def entries(app: str) -> dict[str, tuple[str, str]]:
    """A catalogue's source: msgid (with its context) -> its plural, where it has one, and the Korean text."""
    found: dict[str, tuple[str, str]] = {}
    parts: dict[str, str] = {}
    current = ""
    for line in [*source(app).splitlines(), ""]:
        if line.startswith(("msgctxt ", "msgid ", "msgid_plural ", "msgstr ", "msgstr[0] ")):
            current, _, text = line.partition(" ")
            parts[current] = ast.literal_eval(text)
        elif line.startswith('"'):
            parts[current] += ast.literal_eval(line)
        elif not line and parts:
            context = parts.get("msgctxt", "")
            key = context + CONTEXT_END + parts["msgid"] if context else parts["msgid"]
            found[key] = (parts.get("msgid_plural", ""), parts.get("msgstr", parts.get("msgstr[0]", "")))
            parts = {}
    del found[""]  # the header
    return found


def source(app: str) -> str:
    return catalogue(app).with_suffix(".po").read_text(encoding="utf-8")


def catalogue(app: str) -> Path:
    return Path(settings.BASE_DIR, app, "locale", "ko", "LC_MESSAGES", "django.mo")


def said_in_python(file: Path) -> Iterator[str]:
    """What a module marks for translation, under whatever names it imported gettext's functions."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("utils.translation")
        for alias in node.names
        if "gettext" in alias.name
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if texts:
                yield from keyed(names[node.func.id], texts)


def said_in_template(file: Path) -> Iterator[str]:
    code = templatize(file.read_text(encoding="utf-8"))
    for call in CALL.finditer(code):
        texts, position, more = [], call.end(), ","
        while more.startswith(",") and (literal := LITERAL.match(code, position)):
            texts.append(ast.literal_eval(literal[1]))
            position, more = literal.end(), literal[2]
        if texts:
            yield from keyed(call[1], texts)


def keyed(function: str, texts: list[str]) -> Iterator[str]:
    contextual = function.removeprefix("n").startswith("pgettext")
    yield CONTEXT_END.join(texts[:2]) if contextual else texts[0]


def said(folder: Path, *, without: tuple[str, ...] = ()) -> set[str]:
    files = [file for file in folder.rglob("*") if not any(part in str(file.relative_to(folder)) for part in without)]
    python = {text for file in files if file.suffix == ".py" for text in said_in_python(file)}
    return python | {text for file in files if file.suffix == ".html" for text in said_in_template(file)}


@pytest.mark.parametrize("app", APPS)
class TestCatalogue:
    def test_everything_that_the_app_says_is_in_it(self, app: str) -> None:
        assert said(Path(settings.BASE_DIR, app)) - entries(app).keys() == set()

    def test_nothing_in_it_is_empty_guessed_or_left_over(self, app: str) -> None:
        assert [text for text, (_, korean) in entries(app).items() if not korean] == []
        assert [
            line for line in source(app).splitlines() if line.startswith(("#~", "#: ", "#,")) and "fuzzy" in line
        ] == []
        assert "\n#~" not in source(app)

    def test_the_compiled_one_says_the_same(self, app: str) -> None:
        # It is committed: a machine without gettext cannot compile it.
        with catalogue(app).open("rb") as file:
            compiled = standard.GNUTranslations(file)
        for text, (plural, korean) in entries(app).items():
            said = compiled.ngettext(text, plural, 2) if plural else compiled.gettext(text)
            assert said == korean

    def test_placeholders_agree(self, app: str) -> None:
        differing = {
            text: korean
            for text, (plural, korean) in entries(app).items()
            if set(PLACEHOLDER.findall(plural or text)) != set(PLACEHOLDER.findall(korean))
        }
        assert differing == {}


def test_catalogues_do_not_contradict_each_other() -> None:
    # Django merges them into one: what two of them say differently would be wrong in one of the two places.
    korean: dict[str, set[str]] = {}
    for app in APPS:
        for text, (_, translated) in entries(app).items():
            korean.setdefault(text, set()).add(translated)
    assert {text: said for text, said in korean.items() if len(said) > 1} == {}


def test_unfold_speaks_korean() -> None:
    # It brings no Korean of its own: what it says is listed in `portal/borrowed_texts.py`.
    known = {text for app in APPS for text in entries(app)}
    assert said(UNFOLD, without=UNUSED) - known == set()


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        ("Name", "이름"),  # "태스크 이름" in the catalogue of django-celery-beat
        ("name", "이름"),
        ("Schedule", "일정"),
        ("Save and add another", "저장하고 하나 더 추가"),  # Django's says "under another name"
        ("Can view environment", "환경 보기"),
    ],
)
def test_our_words_win_over_those_of_other_packages(english: str, korean: str) -> None:
    with override("ko"):
        assert gettext(english) == korean


def test_states_have_the_words_of_the_design() -> None:
    with override("ko"):
        words = {state: str(state.label) for state in State}
    assert words == {
        State.RUNNING: "실행 중",
        State.STARTING: "시작 중",
        State.STOPPED: "중지됨",
        State.STOPPING: "중지 중",
        State.REDEPLOYING: "재배포 중",
        State.FAILED_TO_START: "시작 실패",
        State.FAILED_TO_STOP: "중지 실패",
        State.UNKNOWN: "아직 모름",
    }
