"""Templates by URL, out of the simulator's own S3."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

from moto.s3.models import s3_backends

from portal.simulator.cloudformation.errors import ValidationError

SUFFIX = r"amazonaws\.com(?:\.cn)?"
VIRTUAL_HOST = re.compile(rf"(?P<bucket>.+)\.s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.{SUFFIX}")
PATH_STYLE = re.compile(rf"s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.{SUFFIX}")
MORE = "For more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"


def fetch(url: str) -> str:
    """The text of an object in the simulated S3. Raises ValidationError, in AWS's words, when that cannot be.

    Buckets are found whoever owns them: the simulator does not judge bucket policies.
    """
    bucket, key, version = locate(url)
    for account in list(s3_backends.values()):
        for backend in account.values():
            if bucket in backend.buckets:
                found = backend.get_object(bucket, key, version_id=version)
                if found is None or not hasattr(found, "value"):
                    raise ValidationError(f"S3 error: The specified key does not exist.\n{MORE}")
                return bytes(found.value).decode()
    raise ValidationError(f"S3 error: The specified bucket does not exist\n{MORE}")


def locate(url: str) -> tuple[str, str, str | None]:
    """Bucket, key and version of an S3 URL, virtual-host or path style."""
    parts = urlsplit(url)
    host, path = parts.hostname or "", unquote(parts.path.lstrip("/"))
    version = parse_qs(parts.query).get("versionId", [None])[0]
    if parts.scheme in ("http", "https"):
        if PATH_STYLE.fullmatch(host):
            bucket, _, key = path.partition("/")
            return bucket, key, version
        if found := VIRTUAL_HOST.fullmatch(host):
            return found["bucket"], path, version
    raise ValidationError("TemplateURL must be a supported URL.")
