"""Which parameters of an environment take which tags of ECR: who knows that knows which version replaces which."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from environments.aws import ecr
from environments.models import TargetParameter


@dataclass(frozen=True, slots=True)
class Takers:
    """The ECR parameters of an environment: their ids, repositories and wanted tags."""

    parameters: tuple[tuple[int, str, ecr.Wanted], ...]

    @property
    def repositories(self) -> list[str]:
        return sorted({repository for _pk, repository, _wanted in self.parameters})

    def of(self, repository: str, tag: str) -> frozenset[int]:
        """The parameters that would take this tag."""
        if ecr.SIGNATURE.match(tag):
            return frozenset()
        return frozenset(pk for pk, name, wanted in self.parameters if name == repository and wanted.takes(tag))

    def replaces(self, repository: str, newer: str, older: str) -> bool:
        """Whether whatever would take the older tag takes the newer one in its place. Two parameters of one repository
        may take tags of their own each (`api-*`, `web-*`): none replaces the other's."""
        return self.of(repository, older) <= self.of(repository, newer)


def takers(environment_id: int) -> Takers:
    """One query."""
    rows = TargetParameter.objects.filter(target__environment=environment_id, source=TargetParameter.Source.ECR)
    return of_rows(rows.values_list("pk", "value", "pattern", "excluded"))


def of_rows(rows: Iterable[tuple[int, str, str, str]]) -> Takers:
    """From ids, repositories, and the globs as people write them."""
    return Takers(tuple((pk, value, ecr.Wanted.of(pattern, excluded)) for pk, value, pattern, excluded in rows))
