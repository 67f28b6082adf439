"""The built-in functions of FEEL, by family."""

from __future__ import annotations

from engine.feel.library import contexts, conversion, dates, intervals, lists, mathematics, strings
from engine.feel.library.registry import BUILTINS, Builtin

FAMILIES = (contexts, conversion, dates, intervals, lists, mathematics, strings)

__all__ = ["BUILTINS", "FAMILIES", "Builtin"]
