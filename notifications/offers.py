"""What the readers of a message can do by its link, without signing in: a verb, what it is done to, and the choices.

An event keeps its offer in each language. Whoever can do a verb registers a `Deed` for it, so that this app needs to
know nothing of what is done. `links` makes the addresses, `offer_use` does what was pressed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from notifications import texts
from notifications.texts import Text

if TYPE_CHECKING:
    from notifications.models import Contact

TIME: Final = "time"
"""What a choice may ask for: a time of day."""

LONGEST_KEY: Final = 40


class Refused(Exception):
    """It cannot be done, for a reason that is said to whoever pressed. Nothing was changed."""

    def __init__(self, said: Text) -> None:
        super().__init__(said)
        self.said = said


@dataclass(frozen=True, slots=True)
class Choice:
    """One button, as “Keep on 2 h”. `note`: what it means, as its price. `asks` = "time": the page has a field for a
    time of day, whose value ("HH:MM") the deed gets."""

    key: str
    label: Text
    note: Text = ""
    asks: str = ""

    def __post_init__(self) -> None:
        if not self.key or len(self.key) > LONGEST_KEY:
            raise ValueError(f"The key of a choice has 1 to {LONGEST_KEY} characters, not {self.key!r}.")
        if self.asks not in ("", TIME):
            raise ValueError(f"A choice asks for nothing or a time, not {self.asks!r}.")


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be done about an event: `verb` names the deed, `subject` what it is done to (an id, as the deed
    understands it)."""

    verb: str
    subject: str
    choices: tuple[Choice, ...]

    def __post_init__(self) -> None:
        keys = [choice.key for choice in self.choices]
        if not keys or len(set(keys)) != len(keys):
            raise ValueError("An offer needs choices, each with a key of its own.")

    def as_json(self) -> dict[str, Any]:
        """As `Event.offer` keeps it, its texts in each language of the portal."""
        return {
            "verb": self.verb,
            "subject": self.subject,
            "choices": [
                {
                    "key": choice.key,
                    "label": texts.render(choice.label),
                    "note": texts.render(choice.note),
                    "asks": choice.asks,
                }
                for choice in self.choices
            ],
        }


def choice_of(offer: Mapping[str, Any] | None, key: str) -> Mapping[str, Any] | None:
    """The choice of a kept offer, or None."""
    return next((one for one in (offer or {}).get("choices", ()) if one["key"] == key), None)


class Deed(Protocol):
    """What a verb does. Registered by the app that can do it."""

    def standing(self, *, subject: str, now: datetime) -> Text:
        """What is true now, in a sentence for the page."""
        ...

    def do(self, *, subject: str, choice: str, value: str, contact: Contact | None, who: str, now: datetime) -> Text:
        """Does it, in the caller's transaction, and says what happened. `contact`: whose link it is, None for one in a
        chat room; `who`: the same as a name for people. Raises `Refused`, having changed nothing."""
        ...


_deeds: dict[str, Deed] = {}


def register(verb: str, deed: Deed) -> None:
    """Have `deed` done for this verb; the last one registered counts."""
    _deeds[verb] = deed


def deed_of(verb: str) -> Deed | None:
    """What was registered for the verb, or None."""
    return _deeds.get(verb)
