"""How a form-js schema is read: kinds of fields, where their values stand, what they offer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Component = Mapping[str, Any]

KEYED = frozenset(
    {"textfield", "textarea", "number", "checkbox", "radio", "select", "checklist", "taglist", "datetime", "expression"}
)
SILENT = frozenset({"text", "separator", "spacer"})
CONTAINERS = frozenset({"group", "dynamiclist"})
ALLOWED = KEYED | SILENT | CONTAINERS
CHOICES = frozenset({"radio", "select", "checklist", "taglist"})
MANY = frozenset({"checklist", "taglist"})
SPECIAL = frozenset({"this", "parent", "i", "_this_", "_parent_", "_i_"})
DEEPEST = 8
MOST_ROWS = 200
LONGEST_TEXT = 20_000
MOST_VALUES = 20_000
_EMPTY: dict[str, Any] = {"textfield": "", "textarea": "", "checkbox": False}


def components(component: Component) -> Sequence[Component]:
    """The parts directly inside a form, a group or a list."""
    found = component.get("components")
    return [part for part in found if isinstance(part, Mapping)] if isinstance(found, list | tuple) else []


def text_at(component: Component, name: str) -> str:
    """A text property, or ""."""
    value = component.get(name)
    return value if isinstance(value, str) else ""


def mapping_at(component: Component, name: str) -> Mapping[str, Any]:
    """An object property, or an empty one."""
    value = component.get(name)
    return value if isinstance(value, Mapping) else {}


def type_of(component: Component) -> str:
    """The component's type."""
    return text_at(component, "type")


def place(component: Component) -> str:
    """The key under which a component keeps its value; "" when it keeps none (a group without path)."""
    return text_at(component, "path" if type_of(component) in CONTAINERS else "key")


def kept_names(component: Component) -> Iterator[str]:
    """The names of all values that a form keeps at its top; groups without a path keep theirs beside the others."""
    for part in components(component):
        if name := place(part):
            yield name.partition(".")[0]
        elif type_of(part) == "group":
            yield from kept_names(part)


def empty_value(component: Component) -> Any:
    """What form-js holds for an untouched field."""
    kind = type_of(component)
    if "defaultValue" in component and kind != "expression":
        return component["defaultValue"]
    return [] if kind in MANY or kind == "dynamiclist" else _EMPTY.get(kind)


def hide_condition(component: Component) -> str:
    """The FEEL text that hides the component, or ""."""
    text = text_at(mapping_at(component, "conditional"), "hide")
    return text if text.startswith("=") else ""


def static_options(component: Component) -> list[tuple[Any, str]]:
    """The values and labels written in the form."""
    return option_pairs(component.get("values"))


def option_pairs(values: Any) -> list[tuple[Any, str]]:
    """Values and labels, whether given as plain values or as objects with both."""
    found: list[tuple[Any, str]] = []
    for item in values if isinstance(values, list | tuple) else []:
        if isinstance(item, Mapping):
            value = item.get("value")
            found.append((value, str(item.get("label", value))))
        elif item is not None:
            found.append((item, str(item)))
    return found


def row_bounds(component: Component) -> tuple[int, int, bool]:
    """Fewest and most rows of a list, and whether their number is fixed.

    form-js itself knows no bounds; the custom properties "rows.min" and "rows.max" give them.
    """
    if component.get("allowAddRemove") is False:
        count = component.get("defaultRepetitions", 1)
        count = count if isinstance(count, int) and 0 <= count <= MOST_ROWS else 1
        return count, count, True
    properties = mapping_at(component, "properties")
    return _bound(properties.get("rows.min"), 0), min(_bound(properties.get("rows.max"), MOST_ROWS), MOST_ROWS), False


def _bound(value: Any, otherwise: int) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else otherwise


def walk(component: Component, path: str = "") -> Iterator[tuple[str, Component]]:
    """Every component below with its path, for messages about the schema."""
    for index, part in enumerate(components(component)):
        name = place(part) or text_at(part, "id") or str(index)
        here = f"{path}.{name}" if path else name
        yield here, part
        yield from walk(part, here)
