"""The REST API: who may call it, what every answer has in common, and its root. Its endpoints are the apps'."""
