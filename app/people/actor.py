"""Who acts: the person, his roles that are valid today and what they permit."""

from __future__ import annotations

from dataclasses import dataclass

from app.people.permissions import ROLES


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person as of today, or the platform itself (`person` is None then).

    `roles` are (unit code, role code) pairs valid today; `permissions` is all they grant together.
    In engine commands the assignee of a step is `assignee`.
    """

    person: int | None
    name: str
    username: str
    roles: tuple[tuple[str, str], ...] = ()
    permissions: frozenset[str] = frozenset()
    language: str = "vi"

    @property
    def assignee(self) -> str:
        """The person as the engine knows him."""
        return str(self.person)

    @property
    def units(self) -> tuple[str, ...]:
        """The units in which the person has any role, sorted."""
        return tuple(sorted({unit for unit, _ in self.roles}))

    def holds(self, role: str, unit: str) -> bool:
        """Whether the person has this role in this unit today."""
        return (unit, role) in self.roles

    def may(self, permission: str) -> bool:
        """Whether any of the person's roles grants the permission."""
        return permission in self.permissions

    def units_for(self, permission: str) -> tuple[str, ...]:
        """The units in which a role of the person grants the permission, sorted."""
        return tuple(sorted({unit for unit, role in self.roles if role in ROLES and permission in ROLES[role][2]}))


THE_SYSTEM = {"vi": "Hệ thống", "en": "The system"}
SYSTEM = Actor(person=None, name=THE_SYSTEM["vi"], username="system")
