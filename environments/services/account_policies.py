"""The least an account's role must be allowed, with what people have to know about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from environments.aws import access_policy, access_role
from environments.models import Account
from environments.targets import registry
from environments.targets.base import AccountRef, TargetRef

from . import accounts

ANY_ACCOUNT = AccountRef("*", "any account")
# What a Sid says, by what it ends with (before its number): for people who wonder about a star.
WHYS = {
    "NoResourceLevel": "Any resource: AWS has no narrower one, or these list all at once.",
    "ByName": "Exactly what targets name.",
    "ByTag": "What carries the tags that targets filter by, and nothing else.",
    "Any": "Any of the account: there is no target to narrow it to, or a filter reads the tags of all.",
    "OfEcs": "Ids of scalable targets are AWS's own: narrowed to the desired counts of ECS services.",
    "NestedStacksByCloudFormation": "Nested stacks, and only when CloudFormation itself changes them for their parent.",
    "NestedStacksLeavingBehind": "Deletes a nested stack by itself, to leave behind what keeps it from being deleted.",
    "OwnSnapshots": "Snapshots that the portal takes before a stop: their names begin with daybreak-.",
    "LookTemplates": "The templates of stacks, and what lies beside them.",
    "PassServiceRole": "Hands CloudFormation the stack's own service role, and nobody else.",
    "TestConnectionSeesOwnRights": "Lets “Test connection” say what it cannot try out. May be left out.",
}


@dataclass(frozen=True, slots=True)
class Policies:
    """Documents for IAM, a line of what they are for, and notes for who attaches them."""

    title: str
    documents: Sequence[access_policy.Document]
    notes: Sequence[str]


def policies(account: Account | None, *, all_kinds: bool = False, for_template: bool = False) -> Policies:
    """For exactly what the account's targets need; without an account, for every kind in whatever account.

    `for_template`: account and partition are left for CloudFormation to fill in where they are those of the stack.
    """
    refs = accounts.in_use(account) if account and not all_kinds else []
    if account is None:
        reference = ANY_ACCOUNT
        asks = access_policy.asks(reference, [], registry.KINDS, partition="aws", bills=True)
    else:
        reference = accounts.reference(account)
        asks = accounts.needs(account, all_kinds=all_kinds)
    own_role = reference.role_arn
    if for_template:
        asks = [access_role.left_open(ask) for ask in asks]
        own_role = access_role.OWN_ROLE
    stated = access_policy.statements(asks, own_role=own_role)
    kinds = sorted({ask.kind for ask in asks})
    whose = f"account {account}" if account else "any account"
    title = f"Daybreak's role in {whose}, for: {', '.join(kinds)}."
    made = access_policy.documents(stated)
    notes = _notes(refs, kinds, everything=not refs)
    if len(made) > access_policy.AT_MOST:
        most = access_policy.AT_MOST
        notes.append(f"A role may have {most} managed policies, unless AWS is asked for more: name targets by tag.")
    return Policies(title, made, notes)


def role_template(made: Policies) -> str:
    """A CloudFormation template of a role with these policies, which the portal alone may assume."""
    return access_role.template(made.documents, description=made.title, notes=made.notes)


def why(sid: str) -> str:
    """Why a statement grants what it grants, in a sentence."""
    bare = re.sub(r"(\d+)?(Part\d+)?$", "", sid)
    return next((said for ending, said in WHYS.items() if bare.endswith(ending)), "")


def _notes(refs: Sequence[TargetRef], kinds: Sequence[str], *, everything: bool) -> list[str]:
    notes = []
    if everything:
        notes.append("Nothing is narrowed to targets. Once there are some, print it for the account and use that one.")
    own = sorted({ref.identifier for ref in refs if ref.kind == "cloudformation" and not ref.options.get("role_arn")})
    if own or (everything and "cloudformation" in kinds):
        of = f" of {', '.join(own)}" if own else ""
        notes.append(
            "CloudFormation creates and deletes with the portal's role whatever the templates"
            f"{of} describe: the role needs the permissions for these resources too, which are not printed here. "
            "Or give the stack's target a service role: then it needs iam:PassRole on that only, which is printed."
        )
    if any(p.source == "ssm" for ref in refs for p in ref.parameters) or (everything and "cloudformation" in kinds):
        notes.append("SecureString parameters with a key of your own need kms:Decrypt on that key as well.")
    if "ec2" in kinds or "auto_scaling_group" in kinds:
        notes.append("Instances with volumes encrypted by a key of your own need kms:CreateGrant on that key to start.")
    return notes
