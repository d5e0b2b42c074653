"""requirements*.txt: complete, pinned, with a reason for each package that we asked for ourselves."""

import re
import sys
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions

import pytest
from packaging.requirements import Requirement

from portal.env import BASE_DIR
from tests.architecture.sources import PRODUCT, SOURCES, imports, name


def pinned(file: str) -> dict[str, str]:
    """Name to version, of a requirements file; every line that is none is a comment or empty."""
    pins = {}
    for line in (BASE_DIR / file).read_text().splitlines():
        if line and not line.startswith("#"):
            package, _, version = line.partition("==")
            assert version, f"{file}: {line!r} is not pinned"
            pins[normal(package)] = version
    return pins


def normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


def direct(file: str) -> set[str]:
    """The packages above the line "Brought along by those"."""
    text = (BASE_DIR / file).read_text().partition("# --- Brought along")[0]
    return {normal(match[1]) for match in re.finditer(r"^([\w.-]+)==", text, re.MULTILINE)}


@pytest.mark.parametrize(
    ("file", "below"), [("requirements.txt", ""), ("requirements-dev.txt", "requirements.txt")], ids=["run", "dev"]
)
def test_everything_that_a_requirement_needs_is_pinned_with_it(file: str, below: str) -> None:
    pins = pinned(file) | (pinned(below) if below else {})
    missing = set()
    for package in pins:
        try:
            needs = [Requirement(text) for text in distribution(package).requires or []]
        except PackageNotFoundError:
            continue  # for another platform or Python
        missing |= {
            f"{need.name} (for {package})"
            for need in needs
            if (need.marker is None or need.marker.evaluate({"extra": ""})) and normal(need.name) not in pins
        }

    assert missing == set()


def test_what_is_installed_is_what_is_pinned() -> None:
    pins = pinned("requirements.txt") | pinned("requirements-dev.txt")
    differing = {}
    for package, version in pins.items():
        try:
            installed = distribution(package).version
        except PackageNotFoundError:
            continue
        if installed != version:
            differing[package] = (installed, version)

    assert differing == {}


def test_what_the_product_imports_is_a_direct_requirement() -> None:
    distributions = packages_distributions()
    used = {
        normal(distributions[module][0])
        for path in SOURCES
        if name(path).startswith(PRODUCT)
        for module in imports(path) - sys.stdlib_module_names - {*PRODUCT, "tests"}
        if module in distributions
    }

    assert used - direct("requirements.txt") == set()


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_a_direct_requirement_has_its_reason_above_it(file: str) -> None:
    paragraph_open = False
    for line in (BASE_DIR / file).read_text().partition("# --- Brought along")[0].splitlines():
        if re.match(r"[\w.-]+==", line):
            assert paragraph_open, f"{file}: {line} has no reason"
        else:
            paragraph_open = line.startswith("# ") and not line.startswith("# ---")
