"""What is kept of a person, as a file that they are given."""

import json
from typing import Any

from django.http import HttpResponse


def data_file(kept: dict[str, Any]) -> HttpResponse:
    """What is kept of a person, to download; not kept by browsers or proxies."""
    text = json.dumps(kept, ensure_ascii=False, indent=2)
    answer = HttpResponse(text, content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="personal-data.json"'
    answer["Cache-Control"] = "no-store"
    return answer
