"""The least that the portal's role must be allowed, as IAM policies: narrowed, sorted, and within IAM's sizes."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from environments.targets import registry
from environments.targets.base import AccountRef, TargetRef

from .access_grants import Ask, Grant, grants, more_actions
from .access_grants_alarms import FOR_ALARMS
from .access_grants_prices import FOR_PRICES
from .access_grants_use import FOR_USE
from .cost_explorer_texts import ACTION as BILLS

Statement = dict[str, Any]
Document = dict[str, Any]
# Of a managed policy, white space not counted, and how many a role may have unless AWS was asked for more:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LARGEST = 6144
AT_MOST = 10
SIMULATE = "iam:SimulatePrincipalPolicy"


def actions_of(kind: str, ref: TargetRef | None = None) -> tuple[str, ...]:
    """What a kind names in the registry, what its prices, its use and its alarms need, and what this target needs
    beside."""
    looks = (*FOR_PRICES.get(kind, ()), *FOR_USE.get(kind, ()), *FOR_ALARMS)
    return tuple(dict.fromkeys((*registry.driver(kind).actions, *looks, *(more_actions(ref) if ref else ()))))


def asks(
    account: AccountRef,
    refs: Sequence[TargetRef],
    kinds: Iterable[str] = (),
    *,
    partition: str = "",
    bills: bool = False,
) -> list[Ask]:
    """Every action that these targets need; and all that `kinds` could need, for whatever there may be of them.

    `bills`: what reading the account's bills needs, too.
    """
    where = partition or partition_of(account, [ref.region for ref in refs])
    asked = [
        Ask(action, ref.kind, ref, account.account_id, where) for ref in refs for action in actions_of(ref.kind, ref)
    ]
    asked += [
        Ask(action, kind, None, account.account_id, where) for kind in sorted(kinds) for action in actions_of(kind)
    ]
    if bills:
        asked.append(Ask(BILLS, "bills", None, account.account_id, where))
    return asked


def statements(asked: Iterable[Ask], *, own_role: str = "") -> list[Statement]:
    """Statements with readable Sids, each list sorted: the same targets give the same text, in whatever order.

    `own_role`: the portal's role may ask IAM what it is allowed itself, for the test of the connection.
    """
    resources: defaultdict[tuple[Grant, str], set[str]] = defaultdict(set)
    for ask in asked:
        for grant in grants(ask):
            bare = Grant(grant.sid, (), tuple(sorted(grant.condition)))
            resources[bare, ask.action].update(grant.resources)
    if own_role:
        resources[Grant("TestConnectionSeesOwnRights"), SIMULATE].add(own_role)
    same: defaultdict[tuple[Grant, tuple[str, ...]], list[str]] = defaultdict(list)
    for (grant, action), where in resources.items():
        same[grant, tuple(sorted(where))].append(action)
    made = [_statement(grant, sorted(actions), where) for (grant, where), actions in same.items()]
    return _with_own_sids(sorted(made, key=lambda one: (one["Sid"], one["Action"], json.dumps(one, sort_keys=True))))


def documents(stated: Sequence[Statement], *, largest: int = LARGEST) -> list[Document]:
    """Policies that hold these statements in order, none larger than IAM takes; a statement of too many resources is
    divided."""
    parts: list[list[Statement]] = [[]]
    for one in (piece for statement in stated for piece in _pieces(statement, largest)):
        if parts[-1] and size(_document([*parts[-1], one])) > largest:
            parts.append([])
        parts[-1].append(one)
    return [_document(part) for part in parts if part]


def size(document: Mapping[str, Any]) -> int:
    """Characters as IAM counts them."""
    return len(re.sub(r"\s", "", json.dumps(document)))


def partition_of(account: AccountRef, regions: Sequence[str] = ()) -> str:
    """`aws`, or that of China or the government's regions, as the role or a region says."""
    if account.role_arn:
        return account.role_arn.split(":")[1]
    beginnings = {region.partition("-")[0] + "-" + region.split("-")[1] for region in regions if "-" in region}
    if any(beginning.startswith("cn-") for beginning in beginnings):
        return "aws-cn"
    return "aws-us-gov" if "us-gov" in beginnings else "aws"


def _statement(grant: Grant, actions: Sequence[str], where: Sequence[str]) -> Statement:
    made: Statement = {"Sid": grant.sid, "Effect": "Allow", "Action": list(actions), "Resource": list(where)}
    return made | {"Condition": grant.condition_block()} if grant.condition else made


def _with_own_sids(stated: Sequence[Statement]) -> list[Statement]:
    """Sids may not be given twice in a policy."""
    seen: defaultdict[str, int] = defaultdict(int)
    for one in stated:
        seen[one["Sid"]] += 1
        if seen[one["Sid"]] > 1:
            one["Sid"] += str(seen[one["Sid"]])
    return list(stated)


def _pieces(statement: Statement, largest: int) -> list[Statement]:
    where = statement["Resource"]
    if size(_document([statement])) <= largest or len(where) == 1:
        return [statement]
    half = len(where) // 2
    halves = (statement | {"Resource": where[:half]}, statement | {"Resource": where[half:]})
    parts = [part for one in halves for part in _pieces(one, largest - 10)]  # room for the part's number
    return [part | {"Sid": f"{statement['Sid']}Part{number}"} for number, part in enumerate(parts, start=1)]


def _document(stated: Sequence[Statement]) -> Document:
    return {"Version": "2012-10-17", "Statement": list(stated)}
