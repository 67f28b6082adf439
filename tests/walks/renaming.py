"""The same diagram with other ids, and facts as they would have been with these."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

from engine.definition import Bundle, Definition
from engine.drawing.diagram import MODEL, ONEDOOR
from engine.facts import Fact, to_json
from engine.state import short

_IDS = ("id", "sourceRef", "targetRef", "attachedToRef", "activityRef", "default", "bpmnElement")
_NAMED = ("flowNodeRef", "incoming", "outgoing")
_FEEL = ("conditionExpression", "script", "loopCardinality", "completionCondition", "timeDuration", "timeDate",
         "condition", "loopCondition")
_FEEL_ATTRIBUTES = ("when", "collection")
_STRING = re.compile(r'("(?:[^"\\]|\\.)*")')


class Renaming:
    """Every element and flow gets another id."""

    def __init__(self, definition: Definition, ending: str = "_z") -> None:
        self.names: dict[str, str] = {}
        for name in (*definition.elements, *definition.flows):
            drawn = [".".join(f"{part}{ending}" if part != "link" else part for part in each.split("."))
                     for each in name.split(":")]
            self.names[name] = ":".join(drawn)
            self.names[short(name)] = drawn[-1]
        self.moved = {name: self.names[name] for name in (*definition.elements, *definition.flows)}
        listed = "|".join(sorted(map(re.escape, {short(name) for name in definition.elements}), key=len, reverse=True))
        self.in_feel = re.compile(rf"(?<![\w.])(?:{listed})(?!\w)|(?<=visits\.)(?:{listed})(?!\w)")

    def feel(self, text: str) -> str:
        """An expression that reads the renamed elements; texts in quotes stay."""
        return "".join(
            part if part.startswith('"') else self.in_feel.sub(lambda found: self.names[found.group()], part)
            for part in _STRING.split(text)
        )

    def bundle(self, old: Bundle) -> Bundle:
        """The same procedure under other ids."""
        root = etree.fromstring(old.xml.encode())
        for xml in root.iter(etree.Element):
            tag = etree.QName(xml)
            for name, value in xml.attrib.items():
                if name in _IDS and tag.namespace != ONEDOOR:
                    xml.set(name, self.names.get(value, value))
                elif tag.namespace == ONEDOOR and (
                        name in _FEEL_ATTRIBUTES or value.startswith("=") or tag.localname in ("in", "out")):
                    xml.set(name, self.feel(value))
            if tag.namespace == MODEL and xml.text and tag.localname in _NAMED:
                xml.text = self.names.get(xml.text.strip(), xml.text)
            elif tag.namespace == MODEL and xml.text and tag.localname in _FEEL:
                xml.text = self.feel(xml.text)
        decisions = {name: re.sub(r"(?<=<text>)[^<]*(?=</text>)", lambda found: self.feel(found.group()), text)
                     for name, text in old.decisions.items()}
        return Bundle(etree.tostring(root, encoding="unicode"), old.forms, decisions, old.procedure)

    def fact(self, fact: Fact) -> dict[str, Any]:
        """A fact as plain data, with the other ids."""
        plain = to_json(fact)
        if plain.get("kind") == "condition":
            plain["name"] = self.feel(plain["name"])
        elif plain.get("kind") == "compensation":
            plain["name"] = self.names.get(plain["name"], plain["name"])
        return {name: self._value(name, value) for name, value in plain.items()}

    def _value(self, name: str, value: Any) -> Any:
        if name in ("step", "element", "gateway", "end", "activity", "handler"):
            return self.names.get(value, value)
        if name in ("elements", "flows"):
            return tuple(self.names.get(each, each) for each in value)
        if name == "condition":
            return self.feel(value)
        if name == "because":
            return {self.feel(key): each for key, each in value.items()}
        return self._deep(value)

    def _deep(self, value: Any) -> Any:
        """Values by element inside other values, as instances of a subprocess have them."""
        if isinstance(value, list | tuple):
            return type(value)(map(self._deep, value))
        if isinstance(value, dict):
            return {self.names.get(name, name): self._deep(each) for name, each in value.items()}
        return value

    def data(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values by element."""
        renamed: dict[str, Any] = self._deep(dict(values))
        return renamed
