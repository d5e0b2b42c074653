"""Which environment is meant by a name as people type it, among those that somebody may see."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from environments.models import Environment
from environments.rules.verb_lexicon import Named
from environments.rules.verb_names import Names

if TYPE_CHECKING:
    from .permissions import Person

SHOWN = 8


class UnclearError(LookupError):
    """No environment, or several, have this name. `several`: those that it may mean; `near`: what is written like it;
    `some`: a few that there are. Each by their names."""

    def __init__(self, typed: str, *, several: list[str], near: list[str], some: list[str]) -> None:
        super().__init__(typed)
        self.typed, self.several, self.near, self.some = typed, several, near, some


def find(person: Person, typed: str, now: datetime) -> Environment:
    """The environment of this short name or name, or the only one of which one begins so; with all that its plan needs.

    Small and capital letters, and widths, are alike. Raises UnclearError; what `person` may not see does not exist.
    """
    rows = list(Environment.objects.visible_to(person).values_list("pk", "slug", "name"))
    called = {pk: name for pk, _slug, name in rows}
    names = Names([Named("environment", pk, (slug, name)) for pk, slug, name in rows])
    found = names.match(typed)
    if len(found) > 1:
        # The short name of one may be the name of another: the short name is meant, as in addresses.
        found = tuple(one for one in found if one.names[0] == typed) or found
    if len(found) == 1:
        return Environment.objects.with_plan(now).get(pk=found[0].pk)
    raise UnclearError(
        typed,
        several=sorted(called[one.pk] for one in found),
        near=[called[one.pk] for one in names.near(typed)],
        some=sorted(called.values())[:SHOWN],
    )
