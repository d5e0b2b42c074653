"""Which check an alarm belongs to: by its name, a dimension, what it watches, or a tag."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

# What AWS calls the things of a kind in dimensions of metrics; those of an ECS service are two, see `_watches`.
DIMENSIONS: Mapping[str, str] = {
    "app_runner": "ServiceName",
    "auto_scaling_group": "AutoScalingGroupName",
    "cloudformation": "StackName",
    "ec2": "InstanceId",
    "rds_cluster": "DBClusterIdentifier",
    "rds_instance": "DBInstanceIdentifier",
}
STACK, ECS = "cloudformation", "ecs_service"
# What people have said of an alarm by its name goes before what follows from what it watches.
_BY_NAME, _BY_DIMENSION, _BY_TARGET, _BY_STACK, _BY_TAG = range(5)


@dataclass(frozen=True, slots=True)
class Thing:
    """A target: what AWS calls it, or all that is known to belong to it."""

    kind: str
    account_id: str
    region: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Claim:
    """Which alarms a check wants. `patterns`, values of dimensions and of tags have * for anything."""

    check_id: int
    things: tuple[Thing, ...] = ()
    patterns: tuple[str, ...] = ()
    dimension: tuple[str, str] | None = None
    tag: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """What an alarm is and watches, as far as it decides whose it is."""

    name: str
    account_id: str
    region: str
    namespace: str = ""
    dimensions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


def owner(watch: Watch, claims: Iterable[Claim]) -> int | None:
    """The check that an alarm belongs to: of several claims the most telling one, then the oldest check's."""
    ranked = ((rank, claim.check_id) for claim in claims if (rank := _rank(watch, claim)) is not None)
    return min(ranked, default=(None, None))[1]


def _rank(watch: Watch, claim: Claim) -> tuple[int, int] | None:
    """How telling a claim is, the smaller the more; none where it does not hold."""
    if any(fnmatchcase(watch.name, pattern) for pattern in claim.patterns):
        return _BY_NAME, 0
    if claim.dimension and any(
        fnmatchcase(value, claim.dimension[1]) for value in watch.dimensions.get(claim.dimension[0], ())
    ):
        return _BY_DIMENSION, 0
    here = [one for one in claim.things if (one.account_id, one.region) == (watch.account_id, watch.region)]
    if any(_watches(watch, one) for one in here):
        return _BY_TARGET, 0
    # Of two stacks whose names begin alike, the longer name is meant.
    if made_by := max((_made_by(watch, one) for one in here if one.kind == STACK), default=0):
        return _BY_STACK, -made_by
    if claim.tag and fnmatchcase(watch.tags.get(claim.tag[0], ""), claim.tag[1]) and claim.tag[0] in watch.tags:
        return _BY_TAG, 0
    return None


def _watches(watch: Watch, thing: Thing) -> bool:
    if thing.kind == ECS:
        pairs = (
            f"{cluster}/{service}"
            for cluster in watch.dimensions.get("ClusterName", ())
            for service in watch.dimensions.get("ServiceName", ())
        )
        return any(pair in thing.names for pair in pairs)
    if thing.kind == "app_runner" and watch.namespace != "AWS/AppRunner":
        return False
    return any(value in thing.names for value in watch.dimensions.get(DIMENSIONS.get(thing.kind, ""), ()))


def _made_by(watch: Watch, stack: Thing) -> int:
    """How many letters of a stack's name begin a name that the alarm watches: CloudFormation names what it makes, and
    nested stacks, `<stack>-<logical id>-<random>`, in small letters for databases. 0: none."""
    values = [value.lower() for several in watch.dimensions.values() for value in several]
    begin = [name for name in stack.names if any(value.startswith(f"{name.lower()}-") for value in values)]
    return max(map(len, begin), default=0)
