"""Stacks made, changed and removed: what a request does, before its operation takes its time."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

from portal.simulator.agenda import Agenda
from portal.simulator.clock import Clock
from portal.simulator.cloudformation.creation import Creation
from portal.simulator.cloudformation.errors import AlreadyExistsError, ValidationError
from portal.simulator.cloudformation.fetching import fetch
from portal.simulator.cloudformation.operation import Operation, WhenDone
from portal.simulator.cloudformation.pace import seconds_a_weight
from portal.simulator.cloudformation.parameters import complete, given, resolved
from portal.simulator.cloudformation.removal import Removal
from portal.simulator.cloudformation.ssm import parameter_store, resolve_dynamic
from portal.simulator.cloudformation.stacks import Resource, Shelf, Shelves, Stack
from portal.simulator.cloudformation.template import Template
from portal.simulator.cloudformation.update import Description, Update, UpdateRollback
from portal.simulator.failures import Failures
from portal.simulator.randomness import new_uuid, suffix
from portal.simulator.settings import Settings

STACK_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")
UPDATABLE = {
    "CREATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_FAILED",
}  # fmt: skip
# A deletion takes this part of the time a creation takes.
DELETION = 0.5


class Engine:
    """Validates what is asked, starts operations, and gives operations what they need of the rest of the world."""

    def __init__(self, clock: Clock, agenda: Agenda, settings: Settings, failures: Failures) -> None:
        self.clock = clock
        self.agenda = agenda
        self.settings = settings
        self.failures = failures
        self.shelves = Shelves()
        self.on_removed: Callable[[Stack], None] = lambda _stack: None

    def shelf_of(self, stack: Stack) -> Shelf:
        return self.shelves.of(stack.account, stack.region)

    def create(self, account: str, region: str, name: str, text: str, given: dict[str, str], **rest: Any) -> Stack:
        """A new stack, whose creation is under way. Raises CloudFormationError where AWS refuses.

        With the client token of an earlier creation of this name it is that stack, and nothing happens.
        """
        shelf = self.shelves.of(account, region)
        token = rest.pop("token", None)
        if not STACK_NAME.fullmatch(name):
            raise ValidationError(
                f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: Member must "
                "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
            )
        if token and (known := shelf.tokens.get(("create", name, token))):
            return shelf.by_id[known]
        if shelf.living(name):
            raise AlreadyExistsError(f"Stack [{name}] already exists")
        template = Template.parse(text)
        stack = self._new_stack(account, region, name, template, given, **rest)
        template.demand(stack.capabilities)
        shelf.add(stack)
        if token:
            shelf.tokens["create", name, token] = stack.id
        Creation(self, stack, unit=self._unit(stack), token=token).start()
        return stack

    def create_child(self, parent: Operation, resource: Resource, when_done: WhenDone) -> Creation:
        """A nested stack's creation, not yet started. Raises CloudFormationError with the reason it cannot be."""
        owner, properties = parent.stack, resource.properties
        template = Template.parse(fetch(str(properties.get("TemplateURL", ""))))
        template.demand(owner.capabilities)
        name = f"{owner.name}-{resource.logical_id}"[:115] + f"-{suffix()}"
        child = self._new_stack(
            owner.account, owner.region, name, template, as_parameters(properties), parent=owner,
            capabilities=owner.capabilities, role_arn=owner.role_arn, on_failure="DO_NOTHING",
            tags={**owner.tags, **{tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", [])}},
        )  # fmt: skip
        self.shelf_of(owner).add(child)
        resource.physical_id = child.id
        return Creation(self, child, unit=parent.unit, token=parent.token, when_done=when_done)

    def update(
        self, account: str, region: str, name: str, text: str | None, entries: list[dict[str, Any]], *,
        token: str | None = None, tags: dict[str, str] | None = None, capabilities: Sequence[str] = (),
    ) -> Stack:  # fmt: skip
        """Begin to change a stack; `text` None keeps its template.

        Raises CloudFormationError where AWS refuses, also where nothing would change.
        """
        shelf = self.shelves.of(account, region)
        stack = shelf.living(name)
        if stack is None:
            raise ValidationError(f"Stack [{name}] does not exist")
        if token and ("update", name, token) in shelf.tokens:
            return stack
        if stack.status not in UPDATABLE:
            raise ValidationError(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
        template = stack.template if text is None else Template.parse(text)
        new = self._describe(stack, template, given(entries, stack.parameters), stack.tags if tags is None else tags)
        template.demand(capabilities)
        if changed := changed_types(stack.template, template):
            raise ValidationError(
                "Update of resource type is not permitted. The new template modifies resource type of the following "
                f"resources: [{', '.join(changed)}]"
            )
        if new == Description.of(stack) and not self._children_would_change(stack):
            raise ValidationError("No updates are to be performed.")
        if token:
            shelf.tokens["update", name, token] = stack.id
        stack.capabilities = list(capabilities)
        Update(self, stack, new, unit=self._unit(stack), token=token).start()
        return stack

    def continue_rollback(self, account: str, region: str, name: str, token: str | None) -> None:
        """Try the rollback of an update again that failed before. Raises ValidationError in any other state."""
        stack = self.shelves.of(account, region).find(name, "Stack [{}] does not exist")
        if stack.status != "UPDATE_ROLLBACK_FAILED" or stack.unfinished_rollback is None:
            raise ValidationError(f"Stack:{stack.id} is in {stack.status} state and can not continue rollback.")
        unfinished = stack.unfinished_rollback
        unfinished.token = token
        UpdateRollback(unfinished, unfinished.new, reason="User Initiated").begin()

    def child_description(self, parent: Stack, child: Stack, properties: dict[str, Any]) -> Description:
        """What a nested stack is to be, by its parent's properties. Raises CloudFormationError if it cannot be."""
        template = Template.parse(fetch(str(properties.get("TemplateURL", ""))))
        template.demand(parent.capabilities)
        tags = {**parent.tags, **{tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", [])}}
        return self._describe(child, template, as_parameters(properties), tags)

    def _describe(self, stack: Stack, template: Template, given: dict[str, str], tags: dict[str, str]) -> Description:
        texts = complete(template, given)
        values = resolved(template, texts, parameter_store(stack.account, stack.region))
        return Description(template, texts, values, tags)

    def _children_would_change(self, stack: Stack) -> bool:
        """Whether a nested stack's template has changed behind its URL, which alone makes an update."""
        for resource in stack.living_resources():
            if resource.is_stack and resource.physical_id:
                child = self.shelf_of(stack).by_id[resource.physical_id]
                if self.child_description(stack, child, resource.properties) != Description.of(child):
                    return True
                if self._children_would_change(child):
                    return True
        return False

    def delete(
        self, account: str, region: str, name: str, *, token: str | None = None, retain: Collection[str] = (),
        force: bool = False,
    ) -> None:  # fmt: skip
        """Begin to delete a stack; one that does not exist, or is being deleted, is left as it is."""
        shelf = self.shelves.of(account, region)
        stack = shelf.living(name)
        if token and ("delete", name, token) in shelf.tokens:
            return
        if stack is None or stack.status == "DELETE_IN_PROGRESS":
            return
        if stack.root.protected:
            raise ValidationError(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        if stack.in_progress and stack.status.startswith("UPDATE"):
            raise ValidationError(f"Stack [{stack.id}] cannot be deleted while in status {stack.status}")
        if retain and stack.status != "DELETE_FAILED":
            raise ValidationError(
                f"Invalid operation on stack [{stack.id}]. RetainResources can only be specified when the stack is in "
                "DELETE_FAILED state."
            )
        if any(name not in stack.resources or stack.resources[name].status == "DELETE_COMPLETE" for name in retain):
            raise ValidationError(
                "The specified resources to retain must be in a valid state. Do not specify resources that are in the "
                "DELETE_COMPLETE state."
            )
        if token:
            shelf.tokens["delete", name, token] = stack.id
        self._begin_deletion(stack, token=token, retain=retain, force=force)

    def delete_child(self, parent: Operation, stack_id: str, when_done: WhenDone, *, force: bool) -> None:
        child = self.shelf_of(parent.stack).by_id[stack_id]
        if child.is_gone:
            when_done(child)
        else:
            self._begin_deletion(child, token=parent.token, force=force, unit=parent.unit, when_done=when_done)

    def abandon_child(self, parent: Stack, stack_id: str, reason: str) -> None:
        """Cancel what a nested stack is at, because its parent has failed or is being deleted."""
        child = self.shelf_of(parent).by_id[stack_id]
        if child.operation:
            child.operation.abandon()
            child.move(f"{child.status.partition('_')[0]}_FAILED", reason)

    def _begin_deletion(
        self, stack: Stack, *, token: str | None, retain: Collection[str] = (), force: bool = False,
        unit: float | None = None, when_done: WhenDone | None = None,
    ) -> None:  # fmt: skip
        before = stack.status
        if stack.operation:
            stack.operation.abandon()
        stack.move("DELETE_IN_PROGRESS", "User Initiated", token)
        for export in stack.exports:
            if importers := self.shelf_of(stack).importers(export):
                users = " and ".join(importer.name for importer in importers)
                stack.move(before, f"Delete canceled. Cannot delete export {export} as it is in use by {users}.", token)
                if when_done:
                    when_done(stack)
                return
        removal = self.removal(Removal, stack, token=token, retain=retain, force=force, unit=unit, when_done=when_done)
        removal.start()

    def removal(self, kind: type[Removal], stack: Stack, *, unit: float | None = None, **rest: Any) -> Removal:
        return kind(self, stack, unit=self._unit(stack) * DELETION if unit is None else unit, **rest)

    def _new_stack(
        self, account: str, region: str, name: str, template: Template, given: dict[str, str], **rest: Any
    ) -> Stack:
        texts = complete(template, given)
        values = resolved(template, texts, parameter_store(account, region))
        partition = "aws-cn" if region.startswith("cn-") else "aws"
        stack_id = f"arn:{partition}:cloudformation:{region}:{account}:stack/{name}/{new_uuid()}"
        now = self.clock.now()
        return Stack(stack_id, name, account, region, self.clock, template, texts, values, now, **rest)

    def resolve_dynamic(self, stack: Stack, properties: dict[str, Any]) -> dict[str, Any]:
        resolved_properties: dict[str, Any] = resolve_dynamic(properties, parameter_store(stack.account, stack.region))
        return resolved_properties

    def _unit(self, stack: Stack) -> float:
        return seconds_a_weight(stack, self.shelf_of(stack), self.settings.seconds_for(stack.root.name))


def changed_types(old: Template, new: Template) -> list[str]:
    return [
        name
        for name, definition in new.resources.items()
        if name in old.resources and old.resources[name]["Type"] != definition["Type"]
    ]


def as_parameters(properties: dict[str, Any]) -> dict[str, str]:
    """A nested stack's `Parameters`, as text: lists joined, booleans and numbers written out."""

    def text(value: Any) -> str:
        if isinstance(value, list):
            return ",".join(map(text, value))
        return str(value).lower() if isinstance(value, bool) else str(value)

    return {name: text(value) for name, value in (properties.get("Parameters") or {}).items()}
