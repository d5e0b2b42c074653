"""What a principal would be allowed, as IAM says without anything being done (iam:SimulatePrincipalPolicy)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from environments.targets.base import AccountRef, Texts
from environments.targets.client import RETRYABLE

from . import access_texts as texts
from .access_findings import ERRORS, Finding, code_of, worded
from .access_grants import Ask, Grant, grants
from .access_policy import SIMULATE

Answer = tuple[Finding, Texts]
# Of one action, so many things are asked about: of a hundred stacks with one policy, all are alike.
THINGS = 10
WORST = (Finding.DENIED, Finding.UNKNOWN, Finding.ALLOWED)


def simulated(iam: Any, principal: str, asks: Iterable[Ask], account: AccountRef, region: str) -> dict[str, Answer]:
    """What IAM says of each action; where it says nothing, why. Requests: one for each thing asked about."""
    questions: defaultdict[Grant, set[str]] = defaultdict(set)
    wanted: dict[str, int] = defaultdict(int)
    for ask in asks:
        for grant in grants(ask):
            if grant.by_aws_alone or wanted[ask.action] >= THINGS:
                continue
            wanted[ask.action] += 1
            questions[grant].add(ask.action)
    found: defaultdict[str, list[Answer]] = defaultdict(list)
    for grant, actions in questions.items():
        try:
            results = iam.simulate_principal_policy(**_question(principal, sorted(actions), grant, region))
        except ERRORS as error:
            return dict.fromkeys(sorted(wanted), _no_answer(error, account, region))
        for one in results["EvaluationResults"]:
            found[one["EvalActionName"]].append(_meaning(one))
    return {action: min(answers, key=lambda one: WORST.index(one[0])) for action, answers in found.items()}


def _question(principal: str, actions: Sequence[str], grant: Grant, region: str) -> dict[str, Any]:
    things = sorted({_one_of(arn, region) for arn in grant.resources[:1]})
    context = [
        {"ContextKeyName": key, "ContextKeyValues": list(values), "ContextKeyType": "string"}
        for _, key, values in grant.condition
    ]
    # One page has them all: there are fewer actions than a page has room for.
    return {
        "PolicySourceArn": principal,
        "ActionNames": list(actions),
        "ResourceArns": things,
        "ContextEntries": context,
        "MaxItems": 1000,
    }


def _one_of(arn: str, region: str) -> str:
    """A resource that the pattern means: one without stars, as a request would name it."""
    if arn == "*":
        return arn
    parts = arn.split(":")
    parts[3] = parts[3].replace("*", region)
    return ":".join(parts).replace("*", "daybreak-connection-test")


def _meaning(result: Mapping[str, Any]) -> Answer:
    action, decision = result["EvalActionName"], result["EvalDecision"]
    thing = result.get("EvalResourceName", "*")
    if decision == "allowed":
        return Finding.ALLOWED, texts.SIMULATED
    organization = (result.get("OrganizationsDecisionDetail") or {}).get("AllowedByOrganizations", True)
    boundary = (result.get("PermissionsBoundaryDecisionDetail") or {}).get("AllowedByPermissionsBoundary", True)
    if decision == "explicitDeny" or not (organization and boundary):
        return Finding.DENIED, texts.refused_above(action)
    if result.get("MissingContextValues"):
        return Finding.UNKNOWN, texts.DEPENDS
    return Finding.DENIED, texts.denied(action, "" if thing == "*" else thing)


def _no_answer(error: Exception, account: AccountRef, region: str) -> Answer:
    if code_of(error) in RETRYABLE or not code_of(error):
        return Finding.FAILED, worded(error, SIMULATE, account, region).texts
    denied = code_of(error) in {"AccessDenied", "AccessDeniedException"}
    return Finding.UNKNOWN, texts.CANNOT_SIMULATE if denied else texts.CANNOT
