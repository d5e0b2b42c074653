"""Starting and stopping many instances at once, where AWS refuses a whole request for one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from . import ec2_texts as texts
from .base import TargetError
from .ec2_instances import Instance

Thing = TypeVar("Thing")
Renew = Callable[[], None]
# So many instances a request; AWS takes up to 1,000 and recommends fewer.
AT_ONCE = 50
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
CAPACITY = frozenset({"InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientCapacity"})
LIMITS = frozenset({"VcpuLimitExceeded", "InstanceLimitExceeded", "MaxSpotInstanceCountExceeded"})
CHANGED = frozenset({"IncorrectInstanceState", "IncorrectState", "InvalidInstanceID.NotFound"})
CANNOT_STOP = frozenset({"OperationNotPermitted", "UnsupportedOperation"})
CANNOT_HIBERNATE = "UnsupportedHibernationConfiguration"
PASSED = frozenset({"ok", "not-applicable"})


def start(ec2: Any, chosen: Sequence[Instance], renew: Renew) -> None:
    """Have all started; `renew` is called before each request.

    Where a request is refused for one of its instances, the others are asked for singly, so that they come up all the
    same. `TargetError` for the first that was refused.
    """
    refused: list[tuple[Instance, ClientError]] = []
    for part in _parts(chosen):
        try:
            renew()
            ec2.start_instances(InstanceIds=[one.id for one in part])
        except ClientError as error:
            if len(part) == 1 or _code(error) not in CAPACITY | LIMITS | CHANGED:
                refused.append((part[0], error))
                break
            refused += _singly(ec2, part, renew)
    if refused:
        raise _refusal(*refused[0])


def stop(ec2: Any, ids: Sequence[str], renew: Renew, *, hibernate: bool = False) -> dict[str, str]:
    """Have all stopped that AWS lets be stopped; `renew` is called before each request.

    The others are given back with AWS's reason (code and message): it does not help to ask for them again.
    """
    refused: dict[str, str] = {}
    for part in _parts(ids):
        left = list(part)
        while left:
            try:
                renew()
                ec2.stop_instances(InstanceIds=left, **({"Hibernate": True} if hibernate else {}))
                break
            except ClientError as error:
                code, message = _code(error), error.response["Error"].get("Message", "")
                named = [instance_id for instance_id in left if instance_id in message]
                if code in CHANGED:
                    raise TargetError(texts.CHANGED, raw=f"{code}: {message}", retryable=True, code=code) from error
                if not named or code not in (CANNOT_STOP | {CANNOT_HIBERNATE} if hibernate else CANNOT_STOP):
                    raise
                refused |= dict.fromkeys(named, f"{code}: {message}")
                left = [instance_id for instance_id in left if instance_id not in named]
    return refused


def unchecked(ec2: Any, ids: Sequence[str]) -> list[str]:
    """The running instances that have not passed AWS's status checks (of host and system) yet."""
    passed: set[str] = set()
    for part in _parts(ids):
        for one in ec2.describe_instance_status(InstanceIds=list(part))["InstanceStatuses"]:
            if {one["InstanceStatus"]["Status"], one["SystemStatus"]["Status"]} <= PASSED:
                passed.add(one["InstanceId"])
    return [instance_id for instance_id in ids if instance_id not in passed]


def _singly(ec2: Any, part: Sequence[Instance], renew: Renew) -> list[tuple[Instance, ClientError]]:
    refused: list[tuple[Instance, ClientError]] = []
    for one in part:
        try:
            renew()
            ec2.start_instances(InstanceIds=[one.id])
        except ClientError as error:
            refused.append((one, error))
    return refused


def _refusal(one: Instance, error: ClientError) -> Exception:
    code = _code(error)
    raw = f"{code}: {error.response['Error'].get('Message', '')}"
    if code in CAPACITY:
        return TargetError(texts.no_capacity([one]), raw=raw, retryable=True, code=code)
    if code in LIMITS:
        return TargetError(texts.limit(one), raw=raw, code=code)
    return TargetError(texts.CHANGED, raw=raw, retryable=True, code=code) if code in CHANGED else error


def _parts(things: Sequence[Thing]) -> Iterator[Sequence[Thing]]:
    for first in range(0, len(things), AT_ONCE):
        yield things[first : first + AT_ONCE]


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
