"""boto3 as senders need it: clients that ask once, and AWS's errors as `TransportError`.

Facts: the service models of botocore for SNS and SES v2, "Errors" (read 2026-11-21). One try only: AWS keeps no key by
which it would know a repeated message, and the outbox decides what is tried again.
"""

import threading
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, cast

import boto3
from botocore import exceptions
from botocore.config import Config
from botocore.parsers import ResponseParserError
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from notifications.masking import scrub
from notifications.senders.base import ConfigField, TransportError
from notifications.senders.http import CONNECT_SECONDS, READ_SECONDS, quiet_wire, seconds
from notifications.senders.http_wire import exchange, keep_in_time
from notifications.senders.tls import tls_error
from notifications.senders.values import looks_like
from notifications.texts import filled

CONFIG: Final = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    retries={"mode": "standard", "total_max_attempts": 1},
    user_agent_extra="daybreak",
)
LONGEST: Final = 300

LATER: Final = frozenset(
    {
        "Throttling", "ThrottlingException", "ThrottledException", "KMSThrottling", "KMSThrottlingException",
        "TooManyRequestsException", "LimitExceededException", "RequestLimitExceeded", "SendingPausedException",
        "InternalError", "InternalFailure", "ServiceUnavailable", "RequestTimeout",
    }
)  # fmt: skip
CLOSING: Final = frozenset(
    {
        "AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException",
        "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException", "InvalidAccessKeyId",
        "InvalidSecurity", "NotFound", "NotFoundException", "AccountSuspendedException",
        "MailFromDomainNotVerifiedException", "KMSDisabled", "KMSNotFound", "KMSAccessDenied", "KMSOptInRequired",
    }
)  # fmt: skip

NEVER_CONNECTED: Final = (
    exceptions.ConnectTimeoutError,
    exceptions.EndpointConnectionError,
    exceptions.ProxyConnectionError,
)
NO_CREDENTIALS: Final = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.CredentialRetrievalError,
)

REGION: Final = ConfigField(
    "region",
    label=_("Region"),
    help_text=_("Of AWS. For example ap-northeast-2."),
    secret=False,
    check=looks_like(r"[a-z]{2}(-[a-z]+)+-\d", _("A region looks like ap-northeast-2.")),
)
KEYS: Final = (
    ConfigField(
        "access_key_id",
        label=_("Access key id"),
        help_text=_("Empty: the portal's own credentials. For example AKIAIOSFODNN7EXAMPLE."),
        required=False,
        check=looks_like(r"[A-Z0-9]{16,128}", _("An access key id has 16 or more capital letters and digits.")),
    ),
    ConfigField(
        "secret_access_key",
        label=_("Secret access key"),
        help_text=_("The one that belongs to the access key id. For example 40 letters, digits and signs."),
        required=False,
        check=looks_like(r"[A-Za-z0-9/+=]{16,200}", _("A secret access key has 16 or more letters, digits, / and +.")),
    ),
)

_making = threading.Lock()


def client(service: str, config: Mapping[str, str]) -> Any:
    """A client for the region and keys of a channel; without keys, with the credentials of the process. Made once, and
    shared by threads. It leads to `settings.AWS_ENDPOINT_URL` where that is set: the simulated AWS.

    Raises `TransportError` that closes the channel without a region, and when only one of the two keys is there.
    """
    key_id, secret = config.get("access_key_id", ""), config.get("secret_access_key", "")
    if bool(key_id) != bool(secret):
        raise TransportError(_("Of the access key only one half is there."), closes_channel=True)
    region = config.get("region", "")
    if not region:
        # boto3 takes an empty one, and asks.
        raise TransportError(_("The region is missing."), closes_channel=True)
    with _making:
        return _client(service, region, key_id, secret, settings.AWS_ENDPOINT_URL or "")


@lru_cache(maxsize=32)
def _client(service: str, region: str, key_id: str, secret: str, endpoint: str) -> Any:
    session = boto3.session.Session(
        aws_access_key_id=key_id or None, aws_secret_access_key=secret or None, region_name=region
    )
    made = session.client(service, endpoint_url=endpoint or None, config=CONFIG)  # type: ignore[call-overload]
    keep_in_time(made)
    return made


def ask(
    service: str, operation: str, config: Mapping[str, str], parameters: Mapping[str, object], *, to: Iterable[str] = ()
) -> dict[str, Any]:
    """One request, such as `ask("sns", "publish", config, {"Message": "…"})`; returns AWS's answer.

    It takes no longer than connecting and answering may together. Raises `TransportError` for whatever goes wrong.
    AWS's words are kept, without secrets and without the reader's address, which `to` has in each form.
    """
    secrets = (config.get("access_key_id", ""), config.get("secret_access_key", ""), *to)
    with quiet_wire(), exchange(READ_SECONDS, CONNECT_SECONDS + READ_SECONDS) as current:
        try:
            made = client(service, config)
            return cast(dict[str, Any], getattr(made, operation)(**parameters))
        except exceptions.ClientError as error:
            raise _refused(error, secrets) from None
        except (exceptions.BotoCoreError, ResponseParserError, ValueError) as error:
            raise _failed(error, sent=current.on_its_way) from None


def _refused(error: exceptions.ClientError, secrets: Iterable[str]) -> TransportError:
    answer: Mapping[str, Any] = error.response
    name = str(answer.get("Error", {}).get("Code", ""))
    said = scrub(str(answer.get("Error", {}).get("Message", "")), secrets)
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    words = filled(_("AWS answered %(name)s: %(said)s"), name=name, said=said[:LONGEST])
    if name in LATER or (isinstance(status, int) and (status >= 500 or status == 429)):
        wait = seconds(answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("retry-after"))
        return TransportError(words, retry_after=wait, code=status)
    return TransportError(words, permanent=True, closes_channel=name in CLOSING, code=status)


def _failed(error: Exception, *, sent: bool) -> TransportError:
    """Without an answer. What boto3 itself refuses never went out."""
    if isinstance(error, NEVER_CONNECTED):
        return TransportError(_("AWS could not be reached."))
    if isinstance(error, exceptions.SSLError):
        return tls_error(error)
    if isinstance(error, exceptions.HTTPClientError) and not sent:
        return TransportError(_("AWS could not be reached."))
    if isinstance(error, (exceptions.HTTPClientError, ResponseParserError)):
        return TransportError(
            _("The connection to AWS broke before an answer came. It may have arrived."), unknown=True
        )
    if isinstance(error, NO_CREDENTIALS):
        # A client looks for them once, when it is made; they may be there by the next try.
        forget_clients()
        return TransportError(_("There are no credentials of AWS: enter keys, or give the portal's process some."))
    if isinstance(error, exceptions.ParamValidationError):
        return TransportError(_("AWS's library refused the message."), permanent=True)
    words = filled(_("The request could not be made (%(name)s)."), name=type(error).__name__)
    return TransportError(words, closes_channel=True)


def forget_clients() -> None:
    """Drop every client: the next request makes its own anew."""
    _client.cache_clear()
