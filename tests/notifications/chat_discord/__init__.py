"""Discord: the door, what is said by it, and buttons under messages."""
