"""Searching as people type: accents, capitals and the order of the words do not matter."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from app.languages import plain
from app.procedures.models import Procedure


def has_words(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Whether a column of plain text has every word of the text; no word is no condition."""
    return and_(true(), *(column.contains(word, autoescape=True) for word in plain(text).split()))


def of_procedure(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Whether a column with a procedure's code belongs to one whose code or words match."""
    return column.in_(select(Procedure.code).where(has_words(Procedure.search, text)))
