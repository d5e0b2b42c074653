"""How much an event matters, as a colour: the same in every medium that has colours."""

from typing import Final

COLOURS: Final = {"info": 0x3498DB, "success": 0x2ECC71, "warning": 0xF1C40F, "error": 0xE74C3C}
"""3447003, 3066993, 15844367 and 15158332, as Discord writes them."""


def number(severity: str) -> int:
    """The colour of a severity as a number; that of `info` for one that is not known."""
    return COLOURS.get(severity, COLOURS["info"])


def code(severity: str) -> str:
    """The same as "#RRGGBB"."""
    return f"#{number(severity):06X}"
