"""Which browser somebody used, in words, from what it says of itself."""

from typing import Final

from django.utils.translation import gettext

# In this order: most of them say that they are Safari and Chrome as well.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Whale/", "Whale"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def in_words(agent: str) -> str:
    """“Chrome on Windows”; the first word of what is no browser, such as “curl/8.5”."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    if not browser:
        first = agent.split(maxsplit=1)[0][:40] if agent.strip() else ""
        return first if first and first != "<unknown>" else gettext("not told")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system} if system else browser
