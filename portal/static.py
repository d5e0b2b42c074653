"""Static files under names that hold their content's hash, where `collectstatic` made them."""

from urllib.parse import unquote, urlsplit

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedWhenCollected(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """As whitenoise's, but a file that was not collected keeps its plain name.

    The stock one fails the whole page then: before the first `collectstatic`, and after an upgrade without one.
    """

    manifest_strict = False

    def stored_name(self, name: str) -> str:
        path = urlsplit(unquote(name)).path.strip()
        return str(super().stored_name(name)) if self.hash_key(path) in self.hashed_files else name
