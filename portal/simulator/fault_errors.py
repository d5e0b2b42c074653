"""What AWS answers when it throttles, denies or breaks, in the words and with the status of each service."""

from __future__ import annotations

from moto.core.exceptions import ServiceException
from moto.core.utils import get_service_model

from portal.simulator.calls import Answer, Call

Refusal = tuple[str, int, str]

RATE = "Rate exceeded"
# By service, where it differs from the services of its protocol. Sources: the services' API references and botocore's
# models (`_retry.json`, error shapes); EC2, "Query API request rate"; S3, "Error responses".
THROTTLES: dict[str, Refusal] = {
    "ec2": ("RequestLimitExceeded", 503, "Request limit exceeded."),
    "s3": ("SlowDown", 503, "Please reduce your request rate."),
    "ce": ("LimitExceededException", 400, "Rate limit exceeded"),
    "resourcegroupstaggingapi": ("ThrottledException", 429, RATE),
    "lambda": ("TooManyRequestsException", 429, RATE),
    "organizations": ("TooManyRequestsException", 400, RATE),
}
THROTTLES_BY_PROTOCOL: dict[str, Refusal] = {
    "query": ("Throttling", 400, RATE),
    "ec2": ("Throttling", 400, RATE),
    "rest-xml": ("Throttling", 400, RATE),
    "json": ("ThrottlingException", 400, RATE),
    "rest-json": ("ThrottlingException", 429, RATE),
}
DENIALS: dict[str, tuple[str, int]] = {
    "query": ("AccessDenied", 403),
    "ec2": ("UnauthorizedOperation", 403),
    "rest-xml": ("AccessDenied", 403),
    "json": ("AccessDeniedException", 400),
    "rest-json": ("AccessDeniedException", 403),
}
# Services that took the query protocol's codes along when they learned another one.
QUERY_COMPATIBLE = {"cloudwatch", "sqs"}
# The name policies use for a service, where botocore has another.
POLICY_NAMES = {
    "efs": "elasticfilesystem",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "stepfunctions": "states",
}
STATUSES = {
    "AccessDenied": 403,
    "InsufficientInstanceCapacity": 500,
    "InternalError": 500,
    "InternalFailure": 500,
    "InternalServerError": 500,
    "RequestLimitExceeded": 503,
    "ServiceUnavailable": 503,
    "SlowDown": 503,
    "Unavailable": 503,
    "UnauthorizedOperation": 403,
}


class AskedError(ServiceException):
    """An error of any code. Moto tells the service of its own exceptions by the module they are in; not of ours."""


def throttled(call: Call) -> Answer:
    """The service's own way to say that it is asked too often."""
    code, status, message = THROTTLES.get(call.service) or THROTTLES_BY_PROTOCOL[_protocol(call)]
    return call.failure(AskedError(code, message), status)


def denied(call: Call) -> Answer:
    """The service's own way to say that no policy allows this action."""
    code, status = DENIALS[_protocol(call)]
    action = f"{POLICY_NAMES.get(call.service, call.service)}:{call.action}"
    message = (
        f"User: arn:aws:sts::{call.account}:assumed-role/denied/session is not authorized to perform: {action} "
        f"on resource: * because no identity-based policy allows the {action} action"
    )
    if code == "UnauthorizedOperation":
        message = f"You are not authorized to perform this operation. {message}"
    return call.failure(AskedError(code, message), status)


def named_error(call: Call, code: str, message: str, status: int | None) -> Answer:
    """An error of this code. Without a status: the one AWS gives with this code, else 400."""
    said = message or f"{code}: as the test has asked for"
    return call.failure(AskedError(code, said), status or STATUSES.get(code))


def _protocol(call: Call) -> str:
    """The protocol whose codes the service uses, whatever the call is written in; query where there is no model."""
    if call.service in QUERY_COMPATIBLE:
        return "query"
    try:
        model = get_service_model(call.service)
    except Exception:  # noqa: BLE001 - a service botocore does not know
        return "query"
    known = [model.protocol, *model.metadata.get("protocols", [])]
    return next((str(protocol) for protocol in known if protocol in DENIALS), "query")
