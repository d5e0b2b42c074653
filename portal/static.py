"""Static files: compressed on their way, under names that hold their content's hash where `collectstatic` made them."""

from urllib.parse import unquote, urlsplit

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedWhenCollected(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """As whitenoise's, but a file that was not collected keeps its plain name.

    The stock one fails the whole page then: before the first `collectstatic`, and after an upgrade without one.
    """

    manifest_strict = False

    def stored_name(self, name: str) -> str:
        path = urlsplit(unquote(name)).path.strip()
        return str(super().stored_name(name)) if self.hash_key(path) in self.hashed_files else name


class GZipStatic(GZipMiddleware):
    """Compresses what WhiteNoise sends as it lies in its folder; the pages have the stock middleware further in.

    What `collectstatic` has compressed already is left alone, as are fonts and pictures, which only cost time, and
    parts of a file (a range is one of the bytes as they lie there).
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.headers.get("Content-Type", "")
        if response.status_code == 200 and kind.startswith(("text/css", "text/javascript", "image/svg+xml")):
            return super().process_response(request, response)
        return response
