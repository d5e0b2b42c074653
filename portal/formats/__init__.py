"""How dates and times are written in a language, where it differs from Django's own (FORMAT_MODULE_PATH)."""
