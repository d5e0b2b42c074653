"""The bot: what people ask in a chat, who they are there, and what they are answered; each platform is one file."""
