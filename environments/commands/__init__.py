"""The bot's verbs: what people ask in a chat is understood here, done with their rights, and answered in words.

`ServerBot` is registered with `notifications.chat.spoken` (docs/chat-verbs.md).
"""

from .bot import ServerBot

__all__ = ["ServerBot"]
