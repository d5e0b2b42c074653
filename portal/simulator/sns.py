"""What moto's SNS lacks of deliveries by HTTP: AWS's headers, confirmation, signatures that hold; and who publishes.

Deliveries leave the simulated world: they go out in the background, carry real time, and are tried some times. Alarms
publish when `SetAlarmState` changes them, and rules of EventBridge when an image is pushed to ECR, as far as their
targets are topics.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from portal.simulator.calls import Answer, Call, Next
from portal.simulator.moto_modules import load

CERTIFICATE = "/SimpleNotificationService-simulated.pem"
TRIES, PAUSE_S, PATIENCE_S = 8, 1.0, 10.0
WEB = {"http", "https"}
Json = dict[str, Any]


def sns_pages(call: Call, go_on: Next) -> Answer:
    """A layer: what SNS shows to everybody (its certificate, the confirmation of a subscription), and what follows
    from a subscription."""
    if str(call.environ.get("HTTP_HOST", "")).startswith("sns."):
        if call.environ.get("PATH_INFO") == CERTIFICATE:
            return Answer(200, [("Content-Type", "application/x-pem-file")], certificate())
        asked = parse_qs(call.environ.get("QUERY_STRING", ""))
        if asked.get("Action") == ["ConfirmSubscription"]:
            return _confirm(asked.get("TopicArn", [""])[0], asked.get("Token", [""])[0])
    answer = go_on(call)
    if call.service == "sns" and call.action == "Subscribe" and answer.status == 200:
        _ask_to_confirm(call)
    return answer


def fill(module: Any) -> None:
    """Subscribers by HTTP are told as AWS tells them. Side effect: a method of moto's is replaced."""
    publish = module.Subscription.publish

    def as_aws(self: Any, message: str, message_id: str, subject: str | None = None, **more: Any) -> None:
        if self.protocol not in WEB:
            publish(self, message, message_id, subject=subject, **more)
        elif not getattr(self, "token", None):
            send(self, "Notification", message, message_id, subject)

    module.Subscription.publish = as_aws


def publish(topic_arn: str, message: Json, subject: str | None = None) -> None:
    """To a topic, if there is one of this name."""
    _, _, _, region, account, _ = topic_arn.split(":", 5)
    topic = load("sns.models").sns_backends[account][region].topics.get(topic_arn)
    if topic is not None:
        topic.publish(json.dumps(message), subject=subject)


def send(subscription: Any, kind: str, message: str, message_id: str, subject: str | None = None) -> None:
    """One delivery, in the background."""
    topic = subscription.topic
    region = topic.sns_backend.region_name
    host = f"https://sns.{region}.amazonaws.com"
    said: Json = {"Type": kind, "MessageId": message_id, "TopicArn": topic.arn, "Message": message}
    said["Timestamp"] = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if subject:
        said["Subject"] = subject
    if kind != "Notification":
        asked = urlencode(
            {"Action": "ConfirmSubscription", "TopicArn": topic.arn, "Token": subscription.token}, safe=":"
        )
        said |= {"Token": subscription.token, "SubscribeURL": f"{host}/?{asked}"}
    version = str(getattr(topic, "signature_version", "1"))
    said |= {"SignatureVersion": version, "SigningCertURL": host + CERTIFICATE, "Signature": _signature(said, version)}
    raw = kind == "Notification" and str(subscription.attributes.get("RawMessageDelivery")).lower() == "true"
    headers = {
        "Content-Type": "text/plain; charset=UTF-8",
        "User-Agent": "Amazon Simple Notification Service Agent",
        "x-amz-sns-message-type": kind,
        "x-amz-sns-message-id": message_id,
        "x-amz-sns-topic-arn": topic.arn,
        "x-amz-sns-subscription-arn": subscription.arn,
    } | ({"x-amz-sns-rawdelivery": "true"} if raw else {})
    body = message if raw else json.dumps(said, indent=2)
    threading.Thread(target=_deliver, args=(subscription.endpoint, body.encode(), headers), daemon=True).start()


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate() -> bytes:
    """The certificate of this process's SNS, as PEM."""
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")]), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(_key().public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
    signed = made.not_valid_after(now + timedelta(days=365)).sign(_key(), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


def _signature(said: Json, version: str) -> str:
    # Confirmations have no subject, notifications neither token nor address.
    names = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    text = "".join(f"{name}\n{said[name]}\n" for name in names if name in said)
    digest: hashes.HashAlgorithm = hashes.SHA256() if version == "2" else hashes.SHA1()  # noqa: S303 - as AWS does
    return base64.b64encode(_key().sign(text.encode(), padding.PKCS1v15(), digest)).decode()


def _deliver(endpoint: str, body: bytes, headers: dict[str, str]) -> None:
    """Some tries with a pause between, as AWS makes them; what the other side refuses for good is not tried again."""
    for attempt in range(TRIES):
        try:
            request = urllib.request.Request(endpoint, data=body, headers=headers, method="POST")  # noqa: S310
            with urllib.request.urlopen(request, timeout=PATIENCE_S):  # noqa: S310
                return
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code != 429:
                return
        except OSError:
            pass
        time.sleep(PAUSE_S * 2 ** min(attempt, 4))


def _ask_to_confirm(call: Call) -> None:
    wanted = call.form
    if wanted.get("Protocol") not in WEB:
        return
    backend = load("sns.models").sns_backends[call.account][call.region]
    for subscription in backend.subscriptions.values():
        named = (subscription.topic_arn, subscription.endpoint) == (wanted.get("TopicArn"), wanted.get("Endpoint"))
        if named and not subscription.confirmed:
            ask(subscription)


def ask(subscription: Any) -> None:
    """Let a subscription wait for its endpoint to confirm it."""
    subscription.token = hashlib.sha256(subscription.arn.encode()).hexdigest()
    subscription.attributes["PendingConfirmation"] = True
    said = f"You have chosen to subscribe to the topic {subscription.topic_arn}."
    send(subscription, "SubscriptionConfirmation", said, str(uuid.uuid4()))


def _confirm(topic_arn: str, token: str) -> Answer:
    for account in list(load("sns.models").sns_backends.values()):
        for backend in list(account.values()):
            for subscription in backend.subscriptions.values():
                if subscription.topic_arn == topic_arn and getattr(subscription, "token", None) == token:
                    subscription.token, subscription.confirmed = None, True
                    subscription.attributes["PendingConfirmation"] = False
                    told = f"<SubscriptionArn>{subscription.arn}</SubscriptionArn>"
                    return _xml(200, f"<ConfirmSubscriptionResponse>{told}</ConfirmSubscriptionResponse>")
                if subscription.topic_arn == topic_arn and subscription.confirmed:
                    return _xml(200, "<ConfirmSubscriptionResponse/>")
    return _xml(400, "<ErrorResponse><Error><Code>InvalidParameter</Code></Error></ErrorResponse>")


def _xml(status: int, text: str) -> Answer:
    return Answer(status, [("Content-Type", "text/xml")], text.encode())
