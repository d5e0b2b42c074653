"""AWS SNS as a test plays it: signed messages, and the server that gives its certificate and confirms subscriptions."""

from __future__ import annotations

import base64
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

HOST = "https://sns.ap-northeast-2.amazonaws.com"
CERTIFICATE = f"{HOST}/SimpleNotificationService-0123456789abcdef.pem"
TOPIC = "arn:aws:sns:ap-northeast-2:123456789012:daybreak"
SUBSCRIBE = f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37fb687f5d51e6e241d09c805a5a57b30d712f"


@cache
def key(name: str = "aws") -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(days: float = 1, name: str = "aws") -> bytes:
    """A self-made certificate of SNS, valid for so many days from now."""
    subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")]), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key(name).public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=30)).not_valid_after(now + timedelta(days=days))
    return made.sign(key(name), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def message(kind: str = "Notification", *, version: str = "1", signed_by: str = "aws", **fields: Any) -> dict[str, Any]:
    """A message as SNS sends it, signed over what it holds; fields that are None are left out."""
    said: dict[str, Any] = {
        "Type": kind,
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Message": "hello",
        "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE,
    }
    if kind != "Notification":
        said |= {"Token": "2336412f37fb687f5d51e6e241d09c805a5a57b30d712f", "SubscribeURL": SUBSCRIBE}
    said = {name: value for name, value in (said | fields).items() if value is not None}
    # Written down here anew, in the order of AWS's documentation: what is tested does not check itself.
    of_notification = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
    of_others = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    names = of_notification if kind == "Notification" else of_others
    text = "".join(f"{name}\n{said[name]}\n" for name in names if name in said)
    digest: hashes.HashAlgorithm = hashes.SHA1() if version == "1" else hashes.SHA256()
    signature = key(signed_by).sign(text.encode(), padding.PKCS1v15(), digest)
    return said | {"Signature": base64.b64encode(signature).decode()}


class Server:
    """Answers as SNS would: `pages` by path without its query, and what was asked for in `asked`, with its host."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.pages: dict[str, tuple[int, bytes]] = {
            CERTIFICATE.removeprefix(HOST): (200, certificate()),
            "/": (200, b"<ConfirmSubscriptionResponse/>"),
        }

    @property
    def visits(self) -> list[str]:
        return [path for _, path in self.asked if "ConfirmSubscription" in path]


@contextmanager
def serving() -> Iterator[tuple[Server, str]]:
    """A server on this machine, and its address."""
    server = Server()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append((self.headers["Host"], self.path))
            status, content = server.pages.get(self.path.partition("?")[0], (404, b""))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", content.decode())
                content = b""
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server, f"http://127.0.0.1:{listening.server_address[1]}"
    finally:
        listening.shutdown()
        listening.server_close()


def alarm(
    state: str = "ALARM", *, name: str = "chat-dev-cpu", at: str = "2026-11-23T01:00:00.000+0000", **more: Any
) -> str:
    """The text of CloudWatch about an alarm on an instance, unless told otherwise."""
    dimensions = more.pop("dimensions", {"InstanceId": "i-0123456789abcdef0"})
    return json.dumps(
        {
            "AlarmName": name,
            "AlarmDescription": "CPU is high",
            "AWSAccountId": "123456789012",
            "NewStateValue": state,
            "NewStateReason": "Threshold Crossed: 1 datapoint (91.0) was greater than the threshold (80.0).",
            "StateChangeTime": at,
            "Region": "Asia Pacific (Seoul)",
            "AlarmArn": f"arn:aws:cloudwatch:ap-northeast-2:123456789012:alarm:{name}",
            "OldStateValue": "OK",
            "Trigger": {
                "MetricName": "CPUUtilization",
                "Namespace": "AWS/EC2",
                "StatisticType": "Statistic",
                "Statistic": "AVERAGE",
                "Unit": None,
                "Dimensions": [{"name": key, "value": value} for key, value in dimensions.items()],
                "Period": 60,
                "EvaluationPeriods": 1,
                "ComparisonOperator": "GreaterThanThreshold",
                "Threshold": 80.0,
            },
        }
        | more
    )
