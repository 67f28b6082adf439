"""Forms: the server's own judgement over form-js schemas and the values filled into them.

A browser shows and helps; what it sends is checked, computed and cut to size again here.
"""

from __future__ import annotations

from engine.forms.checking import check_schema
from engine.forms.reading import Line, describe, localized
from engine.forms.results import Checked, FieldError
from engine.forms.validation import validate

__all__ = ["Checked", "FieldError", "Line", "check_schema", "describe", "localized", "validate"]
