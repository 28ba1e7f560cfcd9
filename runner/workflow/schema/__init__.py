"""The JSON Schema of playbooks (draft 2020-12), for editors: completion, descriptions, most mistakes while one types.

- It is never stricter than the loader: what it refuses, the loader refuses. It is less strict where JSON Schema cannot
  say a rule: references between steps, circles, the account of a role.
- What steps of an action may say comes from the action's definition.
- ``playbook`` holds the keys of a playbook, ``step`` those of a step, ``parts`` how values are described.
"""

from runner.workflow.schema.playbook import playbook_schema

__all__ = ["playbook_schema"]
