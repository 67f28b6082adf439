"""The same diagram with other ids, and facts as they would have been with these."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

from engine.definition import Bundle, Definition
from engine.drawing.diagram import MODEL, ONEDOOR
from engine.facts import Fact, to_json

_IDS = ("id", "sourceRef", "targetRef", "attachedToRef", "default", "bpmnElement")
_NAMED = ("flowNodeRef", "incoming", "outgoing")
_FEEL = ("conditionExpression", "script", "loopCardinality", "completionCondition", "timeDuration", "timeDate",
         "condition")
_FEEL_ATTRIBUTES = ("when", "collection")
_STRING = re.compile(r'("(?:[^"\\]|\\.)*")')


class Renaming:
    """Every element and flow gets another id."""

    def __init__(self, definition: Definition, ending: str = "_z") -> None:
        self.names = {name: f"{name}{ending}" for name in (*definition.elements, *definition.flows)}
        listed = "|".join(sorted(map(re.escape, definition.elements), key=len, reverse=True))
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
                elif tag.namespace == ONEDOOR and (name in _FEEL_ATTRIBUTES or value.startswith("=")):
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
        return {name: self._value(name, value) for name, value in plain.items()}

    def _value(self, name: str, value: Any) -> Any:
        if name in ("step", "element", "gateway", "end", "activity", "handler"):
            return self.names.get(value, value)
        if name in ("elements", "flows"):
            return tuple(self.names.get(each, each) for each in value)
        if name == "condition":
            return self.feel(value)
        return {self.feel(key): each for key, each in value.items()} if name == "because" else value

    def data(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values by element."""
        return {self.names.get(name, name): value for name, value in values.items()}
