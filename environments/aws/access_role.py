"""The portal's role in an account, as a CloudFormation template: who may assume it, and the policies it has."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import yaml

from .access_grants import Ask
from .access_policy import Document

PRINCIPAL = {
    "Type": "String",
    "Description": "ARN of the role or user that the portal itself runs as, in its own account.",
    "AllowedPattern": r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/.+|arn:aws[a-z-]*:iam::\d{12}:root",
}
EXTERNAL_ID = {
    "Type": "String",
    "Description": "The external id as it is entered in the portal; make a long random one for each account.",
    "MinLength": 2,
    "MaxLength": 200,
    "AllowedPattern": r"[\w+=,.@:/-]+",
}
ROLE_NAME = {"Type": "String", "Default": "DaybreakPortal", "AllowedPattern": r"[\w+=,.@-]{1,64}"}
ACCOUNT, PARTITION = "${AWS::AccountId}", "${AWS::Partition}"
OWN_ROLE = f"arn:{PARTITION}:iam::{ACCOUNT}:role/${{RoleName}}"

ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "RoleName": {"Ref": "RoleName"},
        "Description": "Daybreak starts and stops environments with it.",
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": {"Ref": "PortalPrincipal"}},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}},
                }
            ],
        },
    },
}


def template(documents: Sequence[Document], *, description: str, notes: Sequence[str]) -> str:
    """The template in YAML, with the notes as comments above it.

    CloudFormation fills in `ACCOUNT`, `PARTITION` and `OWN_ROLE` in the documents.
    """
    policies = {f"Policy{number}": _policy(document) for number, document in enumerate(documents, start=1)}
    whole = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": description,
        "Parameters": {"PortalPrincipal": PRINCIPAL, "ExternalId": EXTERNAL_ID, "RoleName": ROLE_NAME},
        "Resources": {"Role": ROLE, **policies},
        "Outputs": {
            "RoleArn": {
                "Description": "To be entered in the portal as the role to assume.",
                "Value": {"Fn::GetAtt": ["Role", "Arn"]},
            }
        },
    }
    head = ["Made by `manage.py iam_policy --role-template`: not to be edited by hand.", *notes]
    lines = [line for note in head for line in textwrap.wrap(note, 116, initial_indent="- ", subsequent_indent="  ")]
    comment = "".join(f"# {line}\n" for line in lines)
    return comment + yaml.dump(whole, Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)


def left_open(ask: Ask) -> Ask:
    """The same with account and partition for CloudFormation to fill in: those in which the stack is made."""
    return replace(ask, account_id=ACCOUNT, partition=PARTITION)


def _policy(document: Document) -> dict[str, Any]:
    described = {"Description": "What Daybreak needs.", "Roles": [{"Ref": "Role"}]}
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": described | {"PolicyDocument": _filled_in(document)}}


def _filled_in(part: Any) -> Any:
    """The same with `Fn::Sub` around what CloudFormation is to fill in."""
    if isinstance(part, dict):
        return {key: _filled_in(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_filled_in(value) for value in part]
    return {"Fn::Sub": part} if isinstance(part, str) and "${" in part else part


class _Dumper(yaml.SafeDumper):
    """Without anchors, which CloudFormation does not read, and with indented lists."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)
