"""E-mail by the mail server of the settings (`EMAIL_HOST`, `EMAIL_FROM`)."""

from collections.abc import Mapping
from typing import ClassVar, Final

from django.conf import settings
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from notifications.masking import scrub
from notifications.senders import in_time
from notifications.senders.base import ConfigField, Lines, Message, Sent, TransportError
from notifications.senders.mail_message import compose, message_id
from notifications.texts import filled
from portal.mail import NotReachedError, Post, State, is_configured

_CLOSING: Final = "421"


class Email:
    """Sends to the address of a contact; the mail's Message-ID is its id. One conversation a mail."""

    about: ClassVar[StrOrPromise] = _(
        "Mails to the people who hear of something, by your mail server. The portal's settings need EMAIL_HOST and"
        " EMAIL_FROM; each person's address is in their contact."
    )
    address: ClassVar[str] = "email"
    per_minute: ClassVar[int | None] = None
    lines: ClassVar[Lines] = Lines(50, 300)

    config_fields: ClassVar[tuple[ConfigField, ...]] = (
        ConfigField(
            "reply_to",
            label=_("Answers go to"),
            help_text=_("Empty: to the address that mails are from. For example it-team@example.com."),
            secret=False,
            required=False,
            check=validate_email,
        ),
    )

    def send(self, message: Message, config: Mapping[str, str]) -> Sent:
        """Gives the mail to the server. See `Sender.send`; 45 seconds at the longest.

        A server that is not reached or does not let us in is tried again: it is the settings' and not the channel's.
        """
        if not is_configured():
            raise TransportError(_("There is no mail server: EMAIL_HOST and EMAIL_FROM are not set."))
        mail = compose(message, sender=settings.EMAIL_FROM, reply_to=config.get("reply_to", ""))
        try:
            with Post() as post:
                outcome = post.send(mail, within=in_time.left())
        except NotReachedError as error:
            in_time.check()
            raise _error(State.LATER, str(error), message) from None
        except ValueError as error:
            # Django writes the mail before it asks the server: EMAIL_FROM is no address, or a header cannot be written.
            words = filled(
                _("The mail could not be written (%(name)s): look at EMAIL_FROM."), name=type(error).__name__
            )
            raise TransportError(words, permanent=True) from None
        if outcome.state is State.SENT:
            return Sent(external_id=message_id(message, settings.EMAIL_FROM), code=250)
        if outcome.state is State.LATER:
            in_time.check()
        # It let us in and then answered: a full mailbox, as a rule, and nothing that other mails must wait for.
        raise _error(outcome.state, outcome.said, message, of_reader=_is_later(outcome.said))


def _is_later(said: str) -> bool:
    """Whether a server's answer is a "not now" (RFC 5321, 4.2.1) other than that it closes down."""
    return said[:1] == "4" and said[:3].isdecimal() and said[:3] != _CLOSING


def _error(state: State, said: str, message: Message, *, of_reader: bool = False) -> TransportError:
    """The server's words without the reader's address, which many repeat."""
    kept = scrub(said, [message.to])
    code = int(said[:3]) if said[:3].isdecimal() else None
    if state is State.UNKNOWN:
        words = _("The mail server did not say whether it took the mail: %(said)s. It may have arrived.")
        return TransportError(filled(words, said=kept), unknown=True, code=code)
    words = filled(_("The mail server did not take the mail: %(said)s"), said=kept)
    return TransportError(words, permanent=state is State.REFUSED, of_reader=of_reader, code=code)
