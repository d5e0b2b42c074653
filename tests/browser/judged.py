"""What is wrong with a page as it stands: axe-core's serious findings, what is wider than the screen, and what a thumb
cannot hit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import files

from playwright.sync_api import Page, expect

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
# Rule and place -> why it stays.
EXCEPTIONS = {
    ("list", ".select2-selection__rendered"): "select2, which django-unfold has its choices by, puts the sign that "
    "empties a field into its list; what is chosen is read out nevertheless",
}
# What the same page in another scheme can get wrong: everything else was judged in the first.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
JUDGE = """async ([except, rules]) => {
  const {violations} = await axe.run(document, {resultTypes: ["violations"], ...(rules ? {runOnly: rules} : {})});
  const isKnown = (rule, node) => except.some(([of, place]) =>
    of === rule && document.querySelector(node.target[0])?.matches(place));
  return violations
    .filter(({id, impact}) => ["serious", "critical"].includes(impact) || id === "landmark-one-main")
    .flatMap(({id, nodes}) => nodes.filter((node) => !isKnown(id, node))
      .map((node) => `${id}: ${node.html.slice(0, 160)}`));
}"""
SIDEWAYS = """() => document.scrollingElement.scrollWidth <= innerWidth ? []
  : [`${document.scrollingElement.scrollWidth} px wide`]"""
# The field of select2 grows with what is typed, and lies in one that is large enough.
SMALL = """() => [...document.querySelectorAll(
    "button, a[class*=button], [role=button], summary, select, " +
    "input:not([type=checkbox], [type=radio], .select2-search__field)")]
  .filter((one) => one.checkVisibility({visibilityProperty: true, opacityProperty: true}))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 1 && box.right > 0 && box.left < innerWidth)
  .map(([one, box]) => [one, Math.round(box.width), Math.round(box.height)])
  .filter(([, width, height]) => Math.min(width, height) < 40)
  .map(([one, width, height]) => `${width} by ${height} px: ${one.outerHTML.slice(0, 160)}`)"""
STILL = "*, ::before, ::after { transition: none !important; animation: none !important; }"


def faults_of(name: str, look: Callable[[str], Page], addresses: Mapping[str, str]) -> list[str]:
    """Of a page by its name: in English, then in Korean on a phone."""
    assert name in addresses, "tests/browser/stage.py makes nothing that it could show"
    english, korean = look("en"), look("ko")
    english.goto(addresses[name])
    korean.goto(addresses[name])
    expect(korean.locator("html")).to_have_attribute("lang", "ko", timeout=5_000)
    return faults(english) + faults_on_a_phone(korean)


def faults(page: Page) -> list[str]:
    """As it is in light; and the colours of dark."""
    page.add_style_tag(content=STILL)
    page.evaluate(AXE)
    light, dark = _judged(page, "light"), _judged(page, "dark", OF_COLOURS)
    return [f"light, {fault}" for fault in light] + [f"dark, {fault}" for fault in dark]


def faults_on_a_phone(page: Page) -> list[str]:
    """In dark, which leaves more to get wrong than light, what is not seen on a wide screen; and whether it fits."""
    page.add_style_tag(content=STILL)
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate(AXE)
    found = [*_judged(page, "dark"), *page.evaluate(SIDEWAYS), *page.evaluate(SMALL)]
    return [f"phone, {fault}" for fault in found]


def _judged(page: Page, scheme: str, rules: list[str] | None = None) -> list[str]:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", scheme == "dark")
    return list(page.evaluate(JUDGE, [[list(key) for key in EXCEPTIONS], rules]))
