"""`manage.py iam_policy`: the least that the portal's role must be allowed in an account (docs/aws-access.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from environments.models import Account
from environments.services import account_policies


class Command(BaseCommand):
    """Prints policies to standard output, and notes on them to standard error. Changes nothing and asks nobody."""

    help = "Print a least-privilege IAM policy for exactly what an account's targets need."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--account", metavar="NAME|ID", help="name or twelve digits; needed where there are several"
        )
        parser.add_argument("--all-kinds", action="store_true", help="for every kind of target, whatever is in use")
        parser.add_argument("--format", choices=["json", "yaml"], default="json", help="YAML says why, in comments")
        parser.add_argument(
            "--role-template", action="store_true", help="a CloudFormation template of the role with its trust policy"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        account = _account(options["account"], needed=not options["all_kinds"])
        made = account_policies.policies(account, all_kinds=options["all_kinds"], for_template=options["role_template"])
        if options["role_template"]:
            self.stdout.write(account_policies.role_template(made), ending="")
        elif options["format"] == "yaml":
            self.stdout.write(_as_yaml(made), ending="")
        else:
            one = len(made.documents) == 1
            self.stdout.write(json.dumps(made.documents[0] if one else made.documents, indent=2))
        for note in _notes(made, options):
            self.stderr.write(f"note: {note}")


def _account(named: str | None, *, needed: bool) -> Account | None:
    """By id or name. None: any account, for every kind. Raises CommandError where it is not clear which."""
    if not (named or needed):
        return None
    rows = list(Account.objects.order_by("name"))
    names = ", ".join(str(row) for row in rows) or "none"
    if named:
        found = Account.objects.filter(Q(account_id=named) | Q(name__iexact=named)).first()
        if found is None:
            raise CommandError(f"--account: there is no account '{named}'. There are: {names}.")
        return found
    if not rows:
        raise CommandError("There is no AWS account yet. --all-kinds prints the policy for any account.")
    if len(rows) > 1:
        raise CommandError(f"--account: which? There are: {names}.")
    return rows[0]


def _notes(made: account_policies.Policies, options: dict[str, Any]) -> list[str]:
    notes = list(made.notes)
    count = len(made.documents)
    if count > 1 and not options["role_template"]:
        shape = "YAML documents" if options["format"] == "yaml" else "a list of policies"
        notes.insert(
            0, f"IAM takes 6,144 characters a policy: these are {count} policies ({shape}), attach all of them."
        )
    return notes


def _as_yaml(made: account_policies.Policies) -> str:
    """A YAML document for each policy, each statement below a comment that says why it is so wide."""
    return "---\n".join(_document(document) for document in made.documents)


def _document(document: Mapping[str, Any]) -> str:
    lines = [f"Version: '{document['Version']}'\n", "Statement:\n"]
    for statement in document["Statement"]:
        lines.append(f"# {account_policies.why(statement['Sid'])}\n")
        lines.append(yaml.safe_dump([statement], sort_keys=False, width=120))
    return "".join(lines)
