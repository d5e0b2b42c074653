"""Getting into an account for a test: who the portal is, whether the role can be assumed, and if not, why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from environments.targets.base import AccountRef, Texts
from environments.targets.client import new_session

from . import access_texts as texts
from .access_findings import ERRORS, REGION_OFF, Finding, Row, code_of, worded
from .price_list import endpoint

# Somebody waits for the answer: short, and tried twice at the most.
CONFIG = Config(
    connect_timeout=3,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 2},
    user_agent_extra="daybreak",
)
ASSUME = "sts:AssumeRole"
WHO = "sts:GetCallerIdentity"
# The shortest that AWS gives.
SECONDS = 900


@dataclass(frozen=True, slots=True)
class Entry:
    """A way into an account's region. `principal` is the ARN of whose permissions count there."""

    session: boto3.Session
    principal: str
    region: str

    def client(self, service: str) -> Any:
        """A client for this test alone. It is not safe to call this from two threads at once."""
        return client(self.session, service, endpoint(self.region) if service == "pricing" else self.region)


def client(session: boto3.Session, service: str, region: str) -> Any:
    return session.client(service, region_name=region, config=CONFIG)  # type: ignore[call-overload]


def enter(account: AccountRef, region: str) -> tuple[Entry | None, Row]:
    """Assume the account's role anew, with nothing that is cached; and say how that went. Never raises for what AWS
    answers."""
    base = new_session()
    try:
        sts = client(base, "sts", region)
        me = sts.get_caller_identity()
    except ERRORS as error:
        said = texts.region_off(region) if code_of(error) in REGION_OFF else worded(error, WHO, account, region).texts
        return None, Row(region, WHO, Finding.FAILED, said)
    if not account.role_arn:
        return _as_itself(base, account, region, me)
    try:
        session = _session(sts.assume_role(**_wanted(account)))
    except ERRORS as error:
        return None, _refused(base, account, region, me, error)
    said = texts.assumed(account)
    if account.external_id and _lets_anybody_in(sts, account):
        said = texts.assumed_by_anybody_trusted(account)
    return Entry(session, account.role_arn, region), Row(region, ASSUME, Finding.ALLOWED, said)


def _as_itself(
    base: boto3.Session, account: AccountRef, region: str, me: Mapping[str, str]
) -> tuple[Entry | None, Row]:
    if me["Account"] != account.account_id:
        return None, Row(region, WHO, Finding.FAILED, texts.other_account(me["Account"], account))
    return Entry(base, _principal(me["Arn"]), region), Row(
        region, WHO, Finding.ALLOWED, texts.own_credentials(me["Arn"])
    )


def _principal(arn: str) -> str:
    """Of a session of a role, the role: its policies count. (Its path is not in the session's ARN.)"""
    head, found, rest = arn.partition(":assumed-role/")
    if not found:
        return arn
    return f"{head.replace(':sts:', ':iam:')}:role/{rest.partition('/')[0]}"


def _wanted(account: AccountRef) -> dict[str, Any]:
    wanted = {"RoleArn": account.role_arn, "RoleSessionName": "daybreak-test", "DurationSeconds": SECONDS}
    return wanted | ({"ExternalId": account.external_id} if account.external_id else {})


def _session(answer: Mapping[str, Any]) -> boto3.Session:
    given = answer["Credentials"]
    return new_session(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


def _lets_anybody_in(sts: Any, account: AccountRef) -> bool:
    """Whether the role can be assumed without its external id as well."""
    wanted = {name: value for name, value in _wanted(account).items() if name != "ExternalId"}
    try:
        sts.assume_role(**wanted)
    except ERRORS:
        return False
    return True


def _refused(base: boto3.Session, account: AccountRef, region: str, me: Mapping[str, str], error: Exception) -> Row:
    if code_of(error) in REGION_OFF:
        return Row(region, ASSUME, Finding.FAILED, texts.region_off(region))
    told = worded(error, ASSUME, account, region)
    if code_of(error) not in {"AccessDenied", "AccessDeniedException"}:
        return Row(region, ASSUME, Finding.FAILED, told.texts)
    return Row(region, ASSUME, Finding.DENIED, _why(base, account, region, me, str(error)))


def _why(base: boto3.Session, account: AccountRef, region: str, me: Mapping[str, str], said: str) -> Texts:
    """As far as AWS tells. Its message names the kind of policy only within an account
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html), and there the portal may be
    able to read the role."""
    who = _principal(me["Arn"])
    if "identity-based policy" in said:
        return texts.portal_lacks(account, who)
    if me["Account"] == account.account_id:
        iam = client(base, "iam", region)
        try:
            role = iam.get_role(RoleName=account.role_arn.rpartition("/")[2])["Role"]
        except ERRORS as error:
            if code_of(error) in {"NoSuchEntity", "NoSuchEntityException"}:
                return texts.role_missing(account)
        else:
            if _external_ids(role["AssumeRolePolicyDocument"]) - {account.external_id}:
                return texts.wrong_external_id(account)
            return texts.not_trusted(account, who)
    return texts.not_trusted(account, who) if "role trust policy" in said else texts.not_assumed(account, who)


def _external_ids(document: Mapping[str, Any] | str) -> set[str]:
    """Those that a trust policy asks for."""
    policy: Mapping[str, Any] = json.loads(document) if isinstance(document, str) else document
    stated = policy.get("Statement", [])
    found: set[str] = set()
    for one in [stated] if isinstance(stated, Mapping) else stated:
        ids = one.get("Condition", {}).get("StringEquals", {}).get("sts:ExternalId", [])
        found |= {ids} if isinstance(ids, str) else set(ids)
    return found
