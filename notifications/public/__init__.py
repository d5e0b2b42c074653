"""Pages behind the links of messages: no sign-in, the link itself is the right. Looking changes nothing."""
