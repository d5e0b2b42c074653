"""The tree's Python files, and what they import."""

import ast
from pathlib import Path

from portal.env import BASE_DIR

PRODUCT = ("portal", "environments", "notifications")
SOURCES = sorted(
    path for folder in (*PRODUCT, "benchmarks", "tests") for path in (BASE_DIR / folder).rglob("*.py") if path.is_file()
)


def name(path: Path) -> str:
    return str(path.relative_to(BASE_DIR))


def imports(path: Path) -> set[str]:
    """The top-level names of what a file imports, its own package aside."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found
