"""The one place that reads the environment.

Options come from the process environment and, below it, from the file `.env` beside `manage.py` (or the file that
`ENV_FILE` names). Every reader takes the variable's default and help, and keeps them in `REGISTRY`, from which
`.env.example` is written (`python manage.py env_example`): a variable cannot exist without being documented.

A value that is missing or does not parse raises `BadOption`, naming the variable and what is expected; the value
itself is shown only when the variable is not a secret. An empty value counts as unset.
"""

import difflib
import ipaddress
import os
import secrets
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ImproperlyConfigured
from dotenv import dotenv_values, load_dotenv

BASE_DIR: Final = Path(__file__).resolve().parent.parent
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
FOREIGN: Final = ("AWS_", "PIP_", "PYTHON")
TRUE: Final = frozenset({"1", "true", "yes", "on"})
WEB: Final = frozenset({"http", "https"})
FALSE: Final = frozenset({"0", "false", "no", "off"})


class BadOption(ImproperlyConfigured):
    """An environment variable that is missing or cannot be understood."""


@dataclass(frozen=True, slots=True)
class Variable:
    """What is known of one variable; `default` as it would be written in `.env`, None when there is none."""

    name: str
    section: str
    default: str | None
    help: str
    secret: bool = False


MADE_UP_AWS: Final = {
    "AWS_ACCESS_KEY_ID": "simulated",
    "AWS_SECRET_ACCESS_KEY": "simulated",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}

REGISTRY: dict[str, Variable] = {}
_source: Mapping[str, str] | None = None
_file = ""
_section = ""


def use(source: Mapping[str, str]) -> None:
    """Read options from `source` alone from here on: tests are not to depend on the machine or on somebody's `.env`."""
    global _source
    _source = source


def section(title: str) -> None:
    """Put the variables read after this under `title` in `.env.example`."""
    global _section
    _section = title


def envstr(name: str, default: str | None, *, help: str, choices: frozenset[str] | None = None) -> str:
    """The text of the variable. Without a default (None) the variable is required."""
    value = _read(name, default, help)
    if choices is not None and value not in choices:
        raise BadOption(f"{name} is {value!r}; expected one of {', '.join(sorted(choices))}.")
    return value


def envbool(name: str, default: bool, *, help: str) -> bool:
    value = _read(name, "on" if default else "off", help)
    if value.lower() in TRUE:
        return True
    if value.lower() in FALSE:
        return False
    raise BadOption(f"{name} is {value!r}; expected on or off (also 1/0, true/false, yes/no).")


def envint(name: str, default: int, *, help: str, minimum: int, maximum: int) -> int:
    value = _read(name, str(default), help)
    # int() would take "8_000", " 80" and "٨"; people who write those did not mean them.
    if value.isascii() and value.isdigit() and minimum <= int(value) <= maximum:
        return int(value)
    raise BadOption(f"{name} is {value!r}; expected a whole number from {minimum} to {maximum}.")


def envseconds(name: str, default: float, *, help: str, maximum: float) -> float:
    """Seconds, with tenths where they matter (2.5); from 0 on."""
    value = _read(name, f"{default:g}", help)
    # float() would take "1_0", "inf" and "٨" as well.
    parts = value.split(".")
    digits = len(parts) <= 2 and all(part.isascii() and part.isdigit() for part in parts)
    if digits and 0 <= float(value) <= maximum:
        return float(value)
    raise BadOption(f"{name} is {value!r}; expected a number of seconds from 0 to {maximum:g}.")


def envlist(name: str, default: str, *, help: str) -> list[str]:
    """The comma-separated parts, stripped; empty parts are dropped."""
    return [part for item in _read(name, default, help).split(",") if (part := item.strip())]


def envnetworks(name: str, default: str, *, help: str) -> list[Network]:
    """Networks (10.0.0.0/8, fd00::/8) or single addresses, with commas between."""
    networks: list[Network] = []
    for part in envlist(name, default, help=help):
        try:
            networks.append(ipaddress.ip_network(part))
        except ValueError:
            raise BadOption(f"{name} has {part!r}; expected a network such as 10.0.0.0/8 or fd00::/8.") from None
    return networks


def envurl(name: str, default: str, *, help: str, schemes: frozenset[str] = WEB, secret: bool = False) -> str:
    """An address of one of `schemes`; an empty default makes it optional. Web addresses lose their trailing slashes.

    With `secret` (an address that holds a password or a token) the `_FILE` twin works too. Never shown in errors.
    """
    value = envsecret(name, default=default, help=help) if secret else _read(name, default, help)
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        # Files and memory have no host; `port` raises ValueError when it is no number up to 65535.
        valid = parts.scheme in schemes and (parts.port is None or parts.port > 0)
        valid = valid and (parts.scheme not in WEB or bool(parts.hostname))
    except ValueError:
        valid = False
    if not valid:
        expected = " or ".join(f"{scheme}://…" for scheme in sorted(schemes))
        raise BadOption(f"{name} is not an address that can be used; expected {expected}")
    return value.rstrip("/") if parts.scheme in WEB else value


def envzone(name: str, default: str, *, help: str) -> str:
    """The name of a time zone of the IANA database."""
    value = _read(name, default, help)
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadOption(f"{name} is {value!r}; expected a time zone such as Asia/Seoul or Europe/Berlin.") from None
    return value


def envsecret(
    name: str,
    *,
    help: str,
    default: str = "",
    required: bool = False,
    generate: Path | None = None,
) -> str:
    """A secret: the variable, or the content of the file that `<name>_FILE` names (as container secrets come).

    When neither is set: with `generate` the content of that file, made once, readable by its owner
    only; else, when `required`, BadOption; else the default.
    """
    REGISTRY[name] = Variable(name, _section, default, help, secret=True)
    file = _get(f"{name}_FILE")
    value = _get(name)
    if file and value:
        raise BadOption(f"{name} and {name}_FILE are both set; expected one of them.")
    if file:
        try:
            value = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadOption(f"{name}_FILE names {file!r}, which cannot be read: {error}.") from error
        if not value:
            raise BadOption(f"{name}_FILE names {file!r}, which is empty.")
    if value:
        return value
    if generate is not None:
        return kept_secret(generate)
    if required:
        raise BadOption(f"{name} is not set; expected a value in it, or a file that {name}_FILE names. {help}")
    return default


def example() -> str:
    """The text of `.env.example`: each variable with its help, commented out at its default."""
    lines = [
        "# Settings of an installation: copy this file to `.env` and take the # off what you change.",
        "# The process environment wins over `.env`. What is marked with [or _FILE] may be given as NAME_FILE instead:",
        "# the path of a file that holds the value. ENV_FILE, in the process environment, names another file.",
        "# Written by `python manage.py env_example`.",
    ]
    last = None
    for variable in REGISTRY.values():
        if variable.section != last:
            last = variable.section
            lines += ["", f"# --- {last} " + "-" * (112 - len(last))]
        mark = " [or _FILE]" if variable.secret else ""
        lines += ["", *textwrap.wrap(variable.help + mark, 117, initial_indent="# ", subsequent_indent="# ")]
        lines.append(f"#{variable.name}={variable.default or ''}")
    return "\n".join(lines) + "\n"


def unknown_names() -> dict[str, str]:
    """The names in the `.env` file that no reader asked for, each with what may have been meant.

    Variables that other programs read pass: those of boto3, pip and Python.
    """
    known = set(REGISTRY) | {f"{name}_FILE" for name, variable in REGISTRY.items() if variable.secret}
    hints = {}
    for name in dotenv_values(_file) if _file else {}:
        if name not in known and not name.startswith(FOREIGN):
            close = difflib.get_close_matches(name, known, n=1)
            hints[name] = f"Did you mean {close[0]}?" if close else "See .env.example."
    return hints


def kept_secret(path: Path) -> str:
    """The secret in `path`, written there first when the file does not exist.

    Processes that start together agree on one: the first to link its file into place wins. Raises BadOption when the
    file cannot be read or written.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
                stream.write(secrets.token_urlsafe(48) + "\n")
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        value = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadOption(f"The secret in {path} cannot be read or made: {error}.") from error
    if not value:
        raise BadOption(f"The secret file {path} is empty; remove it to have a new one made.")
    return value


def point_aws_at(endpoint: str) -> None:
    """Make every boto3 client of this process, and of its children, speak with `endpoint` under made-up credentials.

    Writes the process environment, which botocore reads. Real credentials and profiles are taken out of reach, so that
    a simulated installation cannot touch an account, whatever the machine is signed in to.
    """
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(MADE_UP_AWS, AWS_ENDPOINT_URL=endpoint)


def _read(name: str, default: str | None, help: str) -> str:
    REGISTRY[name] = Variable(name, _section, default, help)
    value = _get(name)
    if value:
        return value
    if default is None:
        raise BadOption(f"{name} is not set. {help}")
    return default


def _get(name: str) -> str:
    global _file, _source
    if _source is None:
        named = os.environ.get("ENV_FILE")
        if named and not Path(named).is_file():
            raise BadOption(f"ENV_FILE names {named!r}, which is not a file; expected one, or nothing for none.")
        _file = str(BASE_DIR / ".env") if named is None else named
        if _file:
            # Into os.environ, not only for us: AWS credentials in `.env` are read by boto3 itself.
            load_dotenv(_file, override=False)
        _source = os.environ
    return _source.get(name, "").strip()


def of_shell(name: str) -> str:
    """A variable of somebody's shell that is no option of an installation, such as LANG and NO_COLOR; empty when it is
    not set."""
    return os.environ.get(name, "")
