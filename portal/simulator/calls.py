"""One AWS API call as it arrived over HTTP, and the answer to it."""

import base64
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from moto.iam.models import get_account_id_from
from moto.moto_server.werkzeug_app import BackendRequest

CREDENTIAL = re.compile(r"Credential=([^/]+)/\d{8}/([^/]*)/([^/]+)/aws4_request")
UNKNOWN_KEY = "AKIAEXAMPLE"

# The name a service signs with, where botocore knows it by another.
BOTO_NAMES = {
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "email": "ses",
    "execute-api": "apigatewaymanagementapi",
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}
# Actions are named for what they do; these only look.
READING = re.compile(r"(Describe|List|Get|Head|BatchGet|BatchCheck|Lookup|Search|Scan|Query|Select|Filter|View|Count)")
READING_TOO = {
    "AssumeRole",
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "ValidateTemplate",
    "EstimateTemplateCost",
}
# What of a WSGI environment says what is asked; and what a request cannot be parsed without.
DESCRIBING = {"CONTENT_TYPE", "HTTP_X_AMZ_TARGET", "PATH_INFO", "QUERY_STRING", "RAW_URI", "REQUEST_METHOD"}
PLACE = {"SCRIPT_NAME": "", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "wsgi.url_scheme": "http"}
LONG = 100_000
# Where the server puts the connection a call came over.
CONNECTION = "simulator.connection"


def account_in(access_key: str) -> str | None:
    """The account written into a temporary access key, as AWS does it: so a key outlives the simulator that gave it.

    The key's letters are base 32; bits 1 to 40 are the account. None for other keys, and for what is no such key.
    """
    if not access_key.startswith("ASIA"):
        return None
    try:
        bits = int.from_bytes(base64.b32decode(access_key[4:])[:6], "big")
    except ValueError:
        return None
    return f"{(bits & 0x7FFFFFFFFF80) >> 7:012}"


@dataclass(frozen=True)
class Answer:
    """An answer; one with the status 0 is none: the connection is closed instead."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


@dataclass
class Fate:
    """The kind of fault that struck a call, if any, and whether its action was carried out, answered or not."""

    fault: str = ""
    done: bool = False


@dataclass
class Call:
    """A request with what its signature says of it. Parsing costs time, so each part is parsed when first asked for.

    `fate` is what became of it, known as it becomes.
    """

    environ: dict[str, Any]
    body: bytes
    service: str
    region: str
    access_key: str
    fate: Fate = field(default_factory=Fate)

    @classmethod
    def read(cls, environ: dict[str, Any]) -> "Call":
        """The call in a WSGI environment, whose body is read and left readable again."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        # moto wants the path as it was sent, under the name werkzeug gives it.
        environ.setdefault("RAW_URI", environ.get("REQUEST_URI", ""))
        signature = environ.get("HTTP_AUTHORIZATION", "") or environ.get("QUERY_STRING", "").replace("%2F", "/")
        found = CREDENTIAL.search(signature)
        key, region, name = found.groups() if found else (UNKNOWN_KEY, "", "")
        return cls(environ, body, BOTO_NAMES.get(name, name), region, key)

    @property
    def caller_is_gone(self) -> bool:
        """Whether the caller has closed the connection and so waits no longer."""
        connection = self.environ.get(CONNECTION)
        return connection is not None and bool(connection.is_gone())

    def abridged(self) -> "Call":
        """The call without what is only needed to answer it; a long body is cut away, too."""
        kept = {name: value for name, value in self.environ.items() if name in DESCRIBING}
        body = self.body if len(self.body) <= LONG else b""
        return Call({**kept, **PLACE}, body, self.service, self.region, self.access_key, self.fate)

    @cached_property
    def account(self) -> str:
        """The account the call acts in: the header's, that of a role's temporary key, or that of a user's key."""
        named = self.environ.get("HTTP_X_MOTO_ACCOUNT_ID")
        return str(named or account_in(self.access_key) or get_account_id_from(self.access_key))

    @cached_property
    def form(self) -> dict[str, str]:
        if not self.environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
            return dict(parse_qsl(self.environ.get("QUERY_STRING", ""), keep_blank_values=True))
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @cached_property
    def request(self) -> BackendRequest:
        length = str(len(self.body))
        return BackendRequest({**self.environ, "wsgi.input": io.BytesIO(self.body), "CONTENT_LENGTH": length})

    @cached_property
    def action(self) -> str:
        """The action's name, or "" where it cannot be told."""
        if target := self.environ.get("HTTP_X_AMZ_TARGET"):
            return str(target.rpartition(".")[2])
        if "Action" in self.form:
            return self.form["Action"]
        return self._route[0]

    @property
    def changes_something(self) -> bool:
        """Whether this is an action that changes what AWS holds, as far as its name (or its HTTP method) tells."""
        if self.environ.get("HTTP_X_AMZ_TARGET") or "Action" in self.form:
            return not READING.match(self.action) and self.action not in READING_TOO
        return self.environ["REQUEST_METHOD"] not in ("GET", "HEAD", "OPTIONS")

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The parameters as boto3 names them; empty where the service's model cannot parse them."""
        try:
            parser = PROTOCOL_PARSERS[self._protocol](self._operation, map_type=dict)
            request = self.request
            return dict(
                parser.parse(
                    {
                        "method": request.method,
                        "values": request.values,
                        "headers": request.headers,
                        "body": self.body,
                        "url_path": request.path,
                        "url_params": self._route[1],
                    }
                )
            )
        except Exception:  # noqa: BLE001 - a service without a model, or a request out of its model
            return {}

    def success(self, result: dict[str, Any]) -> Answer:
        return self._serialized(result)

    def failure(self, error: ServiceException, status: int | None = None) -> Answer:
        """The error in the form this service gives errors, with the status its model says or this one."""
        try:
            answer = self._serialized(error)
        except Exception:  # noqa: BLE001 - a service or an action without a model
            content = {"__type": error.code, "message": error.message}
            headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", error.code)]
            answer = Answer(400, headers, json.dumps(content).encode())
        return replace(answer, status=status) if status else answer

    def _serialized(self, result: Any) -> Answer:
        serializer = get_serializer_class(self.service, self._protocol)(self._operation)
        serialized = serializer.serialize(result)
        body = serialized["body"]
        headers = {"Content-Type": "text/xml", **serialized["headers"]}
        return Answer(
            serialized["status_code"], list(headers.items()), body.encode() if isinstance(body, str) else body
        )

    @cached_property
    def _operation(self) -> OperationModel:
        operation: OperationModel = get_service_model(self.service).operation_model(self.action)
        return operation

    @cached_property
    def _protocol(self) -> str:
        return determine_request_protocol(get_service_model(self.service), self.environ.get("CONTENT_TYPE", ""))

    @cached_property
    def _route(self) -> tuple[str, dict[str, Any]]:
        """The action and the parameters in the path, of services that speak REST."""
        try:
            operation, parameters = get_service_router(self.service).match(self.request)
        except Exception:  # noqa: BLE001 - unsigned, unknown, or not REST
            return "", {}
        return str(operation.name), dict(parameters)


Next = Callable[[Call], Answer]
Layer = Callable[[Call, Next], Answer]
