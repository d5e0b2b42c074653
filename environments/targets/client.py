"""Sessions and clients of boto3: assumed roles, time-outs, retries, and AWS's errors in words for people."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from . import broken_answers, limits
from .base import AccountRef, TargetError, Texts

# A request takes at most (5 + 20) s three times; the lease of an operation is longer than a step's requests together.
CONFIG = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"mode": "adaptive", "total_max_attempts": 3},
    user_agent_extra="daybreak",
    parameter_validation=True,
)
# For requests that would be carried out a second time: no answer ends the step, whose next try looks first.
ONCE = CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))
ROLE_SECONDS = 3600
# The code of a TargetError when no answer came at all.
UNREACHABLE = "unreachable"
RENEW_BEFORE = 300

# Codes as the services document them; what is not here and is no 5xx does not get better by trying again.
RETRYABLE = frozenset(
    {
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
        "RequestLimitExceeded", "TooManyRequestsException", "BandwidthLimitExceeded", "PriorRequestNotComplete",
        "SlowDown", "InternalError", "InternalFailure", "InternalServerError", "ServiceUnavailable",
        "ServiceUnavailableException", "RequestTimeout", "RequestTimeoutException", "InsufficientInstanceCapacity",
        "InsufficientCapacity", "InsufficientDBInstanceCapacity", "OperationInProgressException",
    }
)  # fmt: skip
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"})
BAD_CREDENTIALS = frozenset(
    {
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
        "ExpiredToken",
        "ExpiredTokenException",
    }
)

# A lock an account: one whose role answers slowly holds up nobody else.
_locks: defaultdict[AccountRef, threading.Lock] = defaultdict(threading.Lock)
_clients: dict[tuple[str, AccountRef, str, str, bool], tuple[float, Any]] = {}
_sessions: dict[tuple[AccountRef, str], tuple[float, boto3.Session]] = {}


def client(service: str, account: AccountRef, region: str, *, once: bool = False) -> Any:
    """A client of `service` in the account and region, kept until shortly before its credentials expire.

    `once`: it sends each request one time only, whatever becomes of the answer.

    boto3 clients may be shared by threads, sessions may not: making them is guarded by a lock. Raises `TargetError`
    when the role cannot be assumed or AWS cannot be reached.
    """
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    key = (service, account, region, endpoint, once)
    expires, found = _clients.get(key, (0.0, None))
    if found is not None and time.monotonic() < expires:
        return found
    with _locks[account], in_words("sts", "AssumeRole", account, region):
        expires, session = _session(account, region, endpoint)
        config = ONCE if once else CONFIG
        made = session.client(service, region_name=region, endpoint_url=endpoint or None, config=config)  # type: ignore[call-overload]
        broken_answers.refuse(made)
        if limits.on or not endpoint:  # the simulated AWS has none
            limits.keep_to_limits(made, account.account_id, region)
        _clients[key] = (expires, made)
    return made


def forget_clients() -> None:
    """Drop every kept session and client (after an account was edited, and between tests)."""
    _clients.clear()
    _sessions.clear()


def _session(account: AccountRef, region: str, endpoint: str) -> tuple[float, boto3.Session]:
    expires, found = _sessions.get((account, endpoint), (0.0, None))
    if found is not None and time.monotonic() < expires:
        return expires, found
    base = new_session()
    if not account.role_arn:
        return float("inf"), base
    sts = base.client("sts", region_name=region, endpoint_url=endpoint or None, config=CONFIG)
    wanted: dict[str, Any] = {
        "RoleArn": account.role_arn,
        "RoleSessionName": "daybreak",
        "DurationSeconds": ROLE_SECONDS,
    }
    if account.external_id:
        wanted["ExternalId"] = account.external_id
    given = sts.assume_role(**wanted)["Credentials"]
    session = new_session(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
    expires = time.monotonic() + ROLE_SECONDS - RENEW_BEFORE
    _sessions[(account, endpoint)] = (expires, session)
    return expires, session


def new_session(**credentials: str) -> boto3.Session:
    """A session that reads the descriptions of AWS's services where all others do: once a process, not once each."""
    core = botocore.session.get_session()
    descriptions = _descriptions()
    core.register_component("data_loader", descriptions)
    session = boto3.Session(botocore_session=core, **credentials)
    # boto3 adds its own folder each time.
    descriptions.search_paths[:] = dict.fromkeys(descriptions.search_paths)
    return session


@cache
def _descriptions() -> botocore.loaders.Loader:
    return botocore.loaders.create_loader()


@contextmanager
def in_words(service: str, action: str, account: AccountRef, region: str) -> Iterator[None]:
    """Turn botocore's errors of the block into `TargetError` that says what happened, where, and what to do."""
    try:
        yield
    except ClientError as error:
        raise _from_client_error(error, action, account) from error
    except BotoCoreError as error:
        raise _from_botocore(error, service, account, region) from error
    except ResponseParserError:
        # Its text holds the answer's body, credentials of AssumeRole included: it goes no further.
        raise _garbled(action, account) from None


def _from_client_error(error: ClientError, action: str, account: AccountRef) -> TargetError:
    answer = error.response.get("Error", {})
    code, message = answer.get("Code", ""), answer.get("Message", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    where = f"{account.name} ({account.account_id})"
    raw = f"{code}: {message}"
    can_help = code in RETRYABLE or status >= 500
    if not can_help and (action == "AssumeRole" or error.operation_name == "AssumeRole"):
        return TargetError(_role_texts(account, where), raw=raw, code=code)
    if code in DENIED:
        texts: Texts = {
            "en": f"AWS does not allow {error.operation_name} in account {where}. "
            "Give the portal's role this permission, then try again.",
            "ko": f"AWS가 계정 {where}에서 {error.operation_name} 작업을 허용하지 않아요. "
            "포털의 역할에 이 권한을 준 뒤 다시 시도하세요.",
        }
        return TargetError(texts, raw=raw, code=code)
    if code in BAD_CREDENTIALS:
        texts = {
            "en": f"AWS does not accept the portal's credentials for account {where}. "
            "Check the keys the portal runs with.",
            "ko": f"AWS가 계정 {where}에 대한 포털의 자격 증명을 받아들이지 않아요. 포털의 키를 확인하세요.",
        }
        return TargetError(texts, raw=raw, code=code)
    if can_help:
        texts = {
            "en": f"AWS could not answer {error.operation_name} just now ({code or status}).",
            "ko": f"AWS가 지금은 {error.operation_name} 요청에 답하지 못했어요({code or status}).",
        }
        return TargetError(texts, raw=raw, retryable=True, code=code)
    texts = {
        "en": f"AWS refused {error.operation_name}: {message}",
        "ko": f"AWS가 {error.operation_name} 요청을 거절했어요: {message}",
    }
    return TargetError(texts, raw=raw, code=code)


def _garbled(action: str, account: AccountRef) -> TargetError:
    return TargetError(
        {
            "en": f"AWS's answer to {action} in account {account.name} arrived broken.",
            "ko": f"계정 {account.name}에서 {action} 요청에 대한 AWS의 답이 깨져서 왔어요.",
        },
        raw="ResponseParserError",
        retryable=True,
    )


def _role_texts(account: AccountRef, where: str) -> Texts:
    return {
        "en": f"The role {account.role_arn} of account {where} cannot be assumed. "
        "Check that it exists, that its trust policy names the portal, and the external id.",
        "ko": f"계정 {where}의 역할 {account.role_arn}을(를) 맡을 수 없어요. "
        "역할이 있는지, 신뢰 정책에 포털이 있는지, 외부 ID가 맞는지 확인하세요.",
    }


def _from_botocore(error: BotoCoreError, service: str, account: AccountRef, region: str) -> TargetError:
    name = type(error).__name__
    raw = f"{name}: {error}"
    if name in {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound"}:
        return TargetError(
            {
                "en": "The portal has no AWS credentials. Set them in its environment, or run it with a role.",
                "ko": "포털에 AWS 자격 증명이 없어요. 환경 변수로 주거나 역할과 함께 실행하세요.",
            },
            raw=raw,
        )
    if name == "ParamValidationError":
        return TargetError(
            {
                "en": f"What was asked of AWS has a wrong form: {error}",
                "ko": f"AWS에 보낸 요청의 형식이 틀렸어요: {error}",
            },
            raw=raw,
        )
    return TargetError(
        {
            "en": f"AWS ({service} in {region}) cannot be reached at the moment.",
            "ko": f"지금 AWS({region}의 {service})에 연결할 수 없어요.",
        },
        raw=raw,
        retryable=True,
        code=UNREACHABLE,
    )
