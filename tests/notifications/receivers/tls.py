"""A server that speaks TLS, with a certificate of its own, and breaks it off where a test wants."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Behaviour = Callable[[socket.socket, ssl.SSLContext], bytes]
"""What it does with a connection; returns what it has read of the request."""


def certificate(folder: Path) -> Path:
    """A file with a key and a certificate for 127.0.0.1 that nobody has signed but itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "tls.pem"
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def serving(pem: Path, behave: Behaviour) -> Iterator[tuple[str, list[bytes]]]:
    """Its address, and what it has read of each request."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    read: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _address = listening.accept()
            with connection:
                read.append(behave(connection, context))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}", read
        thread.join(5)


def breaks_it_after_the_request(connection: socket.socket, context: ssl.SSLContext) -> bytes:
    """Reads the request, and answers with what is no TLS any more."""
    secure = context.wrap_socket(connection.dup(), server_side=True)
    taken = b""
    while b"hello" not in taken:
        taken += secure.recv(65536)
    plain = socket.socket(fileno=secure.detach())
    with plain:
        plain.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
    return taken


def agrees_to_nothing(connection: socket.socket, context: ssl.SSLContext) -> bytes:
    """Answers the first words of TLS in plain HTTP."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    return b""


def is_not_trusted(connection: socket.socket, context: ssl.SSLContext) -> bytes:
    """Has TLS, which the other side breaks off for its certificate."""
    try:
        with context.wrap_socket(connection.dup(), server_side=True) as secure:
            return secure.recv(65536)
    except OSError:
        return b""
