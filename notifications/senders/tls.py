"""What a failure of TLS means for the message."""

import ssl
import traceback
from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from notifications.senders.base import TransportError


def tls_error(error: BaseException) -> TransportError:
    """What a failure of TLS means: plain when it was while both sides agreed on it, `unknown` afterwards."""
    if any(_in_handshake(found) for found in _behind(error)):
        return TransportError(_("The secure connection was refused (TLS)."))
    return TransportError(_("The secure connection broke before an answer came. It may have arrived."), unknown=True)


def _behind(error: BaseException) -> Iterator[BaseException]:
    """The error and those that it was raised from, however the libraries in between have kept them."""
    seen, found = set[int](), [error]
    while found:
        one = found.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            held = (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
            found += [other for other in held if isinstance(other, BaseException)]


def _in_handshake(error: BaseException) -> bool:
    """OpenSSL's reasons are the same before and after the request; where Python was when it failed is not."""
    return isinstance(error, ssl.SSLError) and any(
        frame.f_code.co_name == "do_handshake" for frame, _line in traceback.walk_tb(error.__traceback__)
    )
