"""Other people in the same story: a scenario with another applicant, in another commune, at another time."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any
from unicodedata import normalize

FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Ngô", "Đinh", "Lương", "Đoàn", "Lưu")
WOMEN = ("Thị Thu Hà", "Thị Ngọc Lan", "Thị Bích Phượng", "Thị Mai", "Thị Thanh Huyền", "Thị Kim Dung", "Thị Hồng Vân",
         "Thị Thảo", "Thị Phương Thúy", "Thị Quỳnh Trang", "Thị Hải Anh", "Thị Thùy Dương", "Thị Lệ Thu", "Thị Hòa")
MEN = ("Văn Nam", "Đức Mạnh", "Quang Vinh", "Minh Hoàng", "Hữu Phước", "Văn Tuấn", "Xuân Bách", "Thanh Bình",
       "Công Thành", "Trọng Nghĩa", "Anh Dũng", "Hải Sơn", "Tiến Đạt", "Ngọc Khánh")
STREETS = ("Lê Thánh Tông", "Trần Hưng Đạo", "Nguyễn Văn Cừ", "Cao Thắng", "Bạch Đằng", "Lê Lợi", "Hạ Long", "Vườn Đào",
           "Trần Phú", "Quang Trung", "Lý Thường Kiệt", "Nguyễn Du")
STARTED = date(2026, 3, 9)
EARLIEST_SHIFTED = 2025

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_STREET = re.compile(r"(?:Số \d+|Tổ \d+)?,? ?đường [^,]+")


def another_name(chance: random.Random, like: str) -> str:
    """A name of the same sex as the one in the scenario."""
    return f"{chance.choice(FAMILIES)} {chance.choice(WOMEN if ' Thị ' in like else MEN)}"


def another_person(chance: random.Random, who: Mapping[str, str]) -> dict[str, str]:
    """What to write instead of the scenario's applicant: {old text: new text}."""
    name = another_name(chance, who["name"])
    changes = {who["name"]: name, _given(who["name"]): _given(name)}
    if who["id"][:6].isdigit():
        changes[who["id"]] = who["id"][:6] + f"{chance.randrange(10**6):06d}"
    if who["phone"].isdigit():
        changes[who["phone"]] = who["phone"][:3] + f"{chance.randrange(10**7):07d}"
    if who["email"]:
        changes[who["email"]] = f"{_ascii(name)}{chance.randrange(100)}@example.vn"
    street = _STREET.search(who["address"])
    if street:
        changes[street.group()] = f"Số {chance.randrange(1, 250)} đường {chance.choice(STREETS)}"
    return {old: new for old, new in changes.items() if old}


def _given(name: str) -> str:
    """The given name with its middle name, as shops are called by it."""
    return " ".join(name.split()[-2:])


def _ascii(name: str) -> str:
    plain = name.lower().translate(str.maketrans("đ", "d"))
    return "".join(letter for letter in normalize("NFD", plain) if letter.isascii() and letter.isalpha())


def mapped(value: Any, change: Callable[[str], str]) -> Any:
    """The same data with every text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: mapped(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [mapped(inner, change) for inner in value]
    return value


def retold(value: Any, changes: Mapping[str, str], days: int) -> Any:
    """The data with other people in it, and recent dates moved by some days."""
    return mapped(value, lambda text: _moved(_replaced(text, changes), days))


def _replaced(text: str, changes: Mapping[str, str]) -> str:
    """All at once, the longest first, so that what was written anew is not changed again."""
    pattern = "|".join(map(re.escape, sorted(changes, key=len, reverse=True)))
    return re.sub(pattern, lambda found: changes[found.group()], text) if pattern else text


def _moved(text: str, days: int) -> str:
    if not _DATE.fullmatch(text) or int(text[:4]) < EARLIEST_SHIFTED:
        return text
    return (date.fromisoformat(text) + timedelta(days=days)).isoformat()
