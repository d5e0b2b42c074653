"""What moto's ECR leaves out: pages, and the choice of tagged or untagged images."""

from __future__ import annotations

import base64
import dataclasses
import json
from typing import Any

from portal.simulator.calls import Answer, Call, Next

PAGE = 100
LISTS = {"DescribeImages": "imageDetails", "ListImages": "imageIds"}


def ecr_pages(call: Call, go_on: Next) -> Answer:
    """A layer: at most 100 images an answer (or `maxResults`), and a token for the rest."""
    if call.service != "ecr" or call.action not in LISTS:
        return go_on(call)
    answer = go_on(call)
    if answer.status != 200:
        return answer
    wanted, key = call.parameters, LISTS[call.action]
    content: dict[str, Any] = json.loads(answer.body)
    images = [image for image in content[key] if _chosen(image, wanted)]
    # AWS takes no paging parameters along with image ids.
    if not wanted.get("imageIds"):
        start = int(base64.b64decode(wanted["nextToken"])) if wanted.get("nextToken") else 0
        end = start + int(wanted.get("maxResults") or PAGE)
        if end < len(images):
            content["nextToken"] = base64.b64encode(str(end).encode()).decode()
        images = images[start:end]
    content[key] = images
    return dataclasses.replace(answer, body=json.dumps(content).encode())


def _chosen(image: dict[str, Any], wanted: dict[str, Any]) -> bool:
    status = (wanted.get("filter") or {}).get("tagStatus", "ANY")
    tagged = bool(image.get("imageTags") or image.get("imageTag"))
    return bool(status == "ANY" or tagged == (status == "TAGGED"))
