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
SIDEWAYS = """() => {
  const words = (one) => one.outerHTML.slice(0, 160);
  const found = document.scrollingElement.scrollWidth <= innerWidth ? []
    : [`${document.scrollingElement.scrollWidth} px wide`];
  // What may be moved along within its place, and what is kept from sight on purpose.
  const isMoved = (one, until) => {
    for (let at = one.parentElement; at && at !== until; at = at.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(at).overflowX) || at.getBoundingClientRect().width <= 1) return true;
    }
    return until !== null && /auto|scroll/.test(getComputedStyle(until).overflowX) && !until.matches("dialog");
  };
  for (const one of document.querySelectorAll("input, select, textarea, button, a, p, h1, h2, h3, h4, dd, th, td")) {
    const box = one.getBoundingClientRect(), card = one.parentElement.closest(".db-card, dialog");
    if (box.width <= 1 || box.right <= 1 || !one.checkVisibility({visibilityProperty: true, opacityProperty: true}))
      continue;
    if (box.left < -1 && !isMoved(one, null)) found.push(`cut off on the left: ${words(one)}`);
    const edge = card?.getBoundingClientRect();
    if (edge && (box.left < edge.left - 1 || box.right > edge.right + 1) && !isMoved(one, card))
      found.push(`sticks out of its card: ${words(one)}`);
  }
  return found;
}"""
# Links count where they are no part of a sentence. The field of select2 grows with what is typed, and lies in one that
# is large enough.
SMALL = """(selectors) => {
  const isText = (node) => node.nodeType === 3 && /[\\p{L}\\p{N}]/u.test(node.data);
  const isInline = (node) => node.nodeType === 3 || getComputedStyle(node).display === "inline";
  const isRead = (node) => isText(node) || node.nodeType === 1 && isInline(node) && !node.matches("a, button")
    && !node.matches(".db-visually-hidden, .material-symbols-outlined") && [...node.childNodes].some(isRead);
  const inSentence = (link) => {
    if (!isInline(link)) return false;
    for (const way of ["previousSibling", "nextSibling"]) {
      for (let at = link; at.nodeType === 1 && isInline(at); at = at.parentElement) {
        for (let next = at[way]; next && (next.nodeType !== 1 || isInline(next)); next = next[way])
          if (isRead(next)) return true;
      }
    }
    return false;
  };
  const isHidden = (one) => !!one && (one.getBoundingClientRect().width <= 1 || isHidden(one.parentElement));
  const modal = document.querySelector("dialog:modal");
  // How far a finger may be from the middle and still hit it.
  const reach = (one) => {
    one.scrollIntoView({block: "center", inline: "center", behavior: "instant"});
    const box = one.getClientRects()[0], x = box.x + box.width / 2, y = box.y + box.height / 2;
    const isHit = (left, top) => {
      const hit = document.elementFromPoint(left, top);
      return hit !== null && (one.contains(hit) || hit.control === one || hit.closest("label")?.control === one);
    };
    const far = (dx, dy) => {
      let steps = 0;
      while (steps < 40 && isHit(x + dx * (steps + 1), y + dy * (steps + 1))) steps += 1;
      return steps;
    };
    return isHit(x, y) ? [far(-1, 0) + far(1, 0) + 1, far(0, -1) + far(0, 1) + 1] : [0, 0];
  };
  const small = [...document.querySelectorAll(selectors)]
    .filter((one) => one.checkVisibility({visibilityProperty: true, opacityProperty: true}) && !isHidden(one))
    .filter((one) => one.getBoundingClientRect().right > 0 && one.getBoundingClientRect().left < innerWidth)
    .filter((one) => one.getBoundingClientRect().bottom + scrollY > 0)
    .filter((one) => !one.matches("a:not([class*=button], [role=button])") || !one.closest("svg") && !inSentence(one))
    .filter((one) => !modal || modal.contains(one))
    .map((one) => [one, one.getBoundingClientRect()])
    .filter(([, box]) => Math.min(Math.round(box.width), Math.round(box.height)) < 40)
    .map(([one]) => [one, reach(one)])
    .filter(([, [width, height]]) => Math.min(width, height) < 40)
    .map(([one, [width, height]]) => `${width} by ${height} px: ${one.outerHTML.slice(0, 160)}`);
  scrollTo(0, 0);
  return small;
}"""
PRESSED = (
    "button, a[class*=button], [role=button], summary, select, "
    "input:not([type=checkbox], [type=radio], .select2-search__field)"
)
PRESSED_OR_FOLLOWED = f"{PRESSED}, a[href]"
STILL = "*, ::before, ::after { transition: none !important; animation: none !important; }"


def faults_of(name: str, look: Callable[[str], Page], addresses: Mapping[str, str]) -> list[str]:
    """Of a page by its name: in English, then in Korean on a phone. Links of the admin's own lists and forms are as
    django-unfold has them."""
    assert name in addresses, "tests/browser/stage.py makes nothing that it could show"
    english, korean = look("en"), look("ko")
    english.goto(addresses[name])
    korean.goto(addresses[name])
    expect(korean.locator("html")).to_have_attribute("lang", "ko", timeout=5_000)
    ours = name == "admin:index" or not name.startswith("admin:")
    return faults(english) + faults_on_a_phone(korean, PRESSED_OR_FOLLOWED if ours else PRESSED)


def faults(page: Page) -> list[str]:
    """As it is in light; and the colours of dark."""
    page.add_style_tag(content=STILL)
    page.evaluate(AXE)
    light, dark = _judged(page, "light"), _judged(page, "dark", OF_COLOURS)
    return [f"light, {fault}" for fault in light] + [f"dark, {fault}" for fault in dark]


def faults_on_a_phone(page: Page, pressed: str = PRESSED_OR_FOLLOWED) -> list[str]:
    """In dark, which leaves more to get wrong than light, what is not seen on a wide screen; and whether it fits."""
    page.add_style_tag(content=STILL)
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate(AXE)
    found = [*_judged(page, "dark"), *page.evaluate(SIDEWAYS), *page.evaluate(SMALL, pressed)]
    return [f"phone, {fault}" for fault in found]


def _judged(page: Page, scheme: str, rules: list[str] | None = None) -> list[str]:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", scheme == "dark")
    return list(page.evaluate(JUDGE, [[list(key) for key in EXCEPTIONS], rules]))
