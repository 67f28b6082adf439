"""The demonstration province: its units and the people in them. Names of people are invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

PROVINCE = "H49"
SINCE = date(2025, 7, 1)
PASSWORD = "mot-cua-2026"  # noqa: S105 - shown to everybody at the start; such accounts exist only with demonstration data
MAIN = "H49.101"


@dataclass(frozen=True, slots=True)
class Place:
    """A unit; `slug` ends the account names of its people."""

    code: str
    vi: str
    en: str
    kind: str
    parent: str | None
    slug: str
    address: str


@dataclass(frozen=True, slots=True)
class Account:
    """A person with an account and the (unit, role) pairs held since the province was formed."""

    username: str
    name: str
    roles: tuple[tuple[str, str], ...]
    language: str = "vi"


_COMMUNES = (
    ("H49.101", "Phường Hồng Gai", "Hong Gai Ward", "honggai"),
    ("H49.102", "Phường Bãi Cháy", "Bai Chay Ward", "baichay"),
    ("H49.103", "Phường Hạ Long", "Ha Long Ward", "halong"),
    ("H49.104", "Phường Cẩm Phả", "Cam Pha Ward", "campha"),
    ("H49.105", "Phường Uông Bí", "Uong Bi Ward", "uongbi"),
    ("H49.106", "Phường Móng Cái 1", "Mong Cai 1 Ward", "mongcai1"),
    ("H49.107", "Phường Đông Triều", "Dong Trieu Ward", "dongtrieu"),
    ("H49.108", "Đặc khu Vân Đồn", "Van Don Special Zone", "vandon"),
)

_PROVINCIAL = (
    Place("H49", "Ủy ban nhân dân tỉnh Quảng Ninh", "Quang Ninh Provincial People's Committee", "province", None,
          "tinh", "Phường Hồng Gai, tỉnh Quảng Ninh"),
    Place("H49.1", "Trung tâm Phục vụ hành chính công tỉnh", "Provincial Public Administration Service Centre",
          "centre", "H49", "tinh", "Phường Hồng Gai, tỉnh Quảng Ninh"),
    Place("H49.20", "Công an tỉnh", "Provincial Police", "department", "H49", "congan",
          "Phường Hồng Gai, tỉnh Quảng Ninh"),
    Place("H49.21", "Văn phòng Đăng ký đất đai tỉnh", "Provincial Land Registration Office", "department", "H49",
          "datdai", "Phường Hồng Gai, tỉnh Quảng Ninh"),
    Place("H49.22", "Công ty Điện lực Quảng Ninh", "Quang Ninh Power Company", "enterprise", "H49", "dienluc",
          "Phường Hồng Gai, tỉnh Quảng Ninh"),
    Place("H49.30", "Sở Nội vụ", "Department of Home Affairs", "department", "H49", "noivu",
          "Phường Hồng Gai, tỉnh Quảng Ninh"),
)


def places() -> tuple[Place, ...]:
    """Every unit, parents before children: a commune is followed by its own centre."""
    below = []
    for code, vi, en, slug in _COMMUNES:
        address = f"{vi}, tỉnh Quảng Ninh"
        below.append(Place(code, vi, en, "commune", PROVINCE, slug, address))
        below.append(Place(f"{code}.1", f"Trung tâm Phục vụ hành chính công {vi[0].lower()}{vi[1:]}",
                           f"{en} Public Administration Service Centre", "centre", code, slug, address))
    return (*_PROVINCIAL, *below)


def communes() -> tuple[Place, ...]:
    """The communes, without their centres."""
    return tuple(place for place in places() if place.kind == "commune")


_PLATFORM = (
    ("analyst", "Đỗ Minh Tuấn", (("H49.30", "analyst"),)),
    ("publisher", "Vũ Thị Bích Ngọc", (("H49.30", "publisher"),)),
    ("auditor", "Hoàng Đức Thịnh", (("H49", "auditor"),)),
    ("supervisor", "Lê Thị Thu Phương", (("H49", "supervisor"),)),
    ("administrator", "Ngô Quang Huy", (("H49", "administrator"),)),
)

_AGENCIES = (
    ("receiver.tinh", "Phạm Thị Lan Anh", (("H49.1", "receiver"),)),
    ("clerk.tinh", "Trần Thị Mai Hương", (("H49.1", "clerk"),)),
    ("specialist.congan", "Nguyễn Văn Kiên", (("H49.20", "specialist"),)),
    ("specialist2.congan", "Đặng Thùy Linh", (("H49.20", "specialist"),)),
    ("head.congan", "Bùi Xuân Trường", (("H49.20", "head"), ("H49.20", "leader"))),
    ("clerk.congan", "Phan Thị Hồng", (("H49.20", "clerk"),)),
    ("specialist.datdai", "Lương Thế Vinh", (("H49.21", "specialist"),)),
    ("section_head.datdai", "Đinh Thị Kim Oanh", (("H49.21", "section_head"), ("H49.21", "head"))),
    ("leader.datdai", "Tạ Quang Minh", (("H49.21", "leader"),)),
    ("clerk.datdai", "Cao Thị Thanh Xuân", (("H49.21", "clerk"),)),
    ("surveyor.dienluc", "Vi Văn Thắng", (("H49.22", "surveyor"),)),
    ("specialist.dienluc", "Hà Thị Thu Trang", (("H49.22", "specialist"),)),
    ("technician.dienluc", "Mạc Văn Cường", (("H49.22", "technician"),)),
    ("head.dienluc", "Dương Hoàng Long", (("H49.22", "head"), ("H49.22", "leader"))),
    ("clerk.dienluc", "Lý Thị Ngân", (("H49.22", "clerk"),)),
)

_OFFICERS = {
    "H49.101": ("Nguyễn Thị Hồng Nhung", "Trần Quốc Bảo", "Phạm Ngọc Sơn", "Lê Văn Hùng", "Hoàng Thị Yến"),
    "H49.102": ("Vũ Thị Thanh Tâm", "Đỗ Hải Đăng", "Nguyễn Mạnh Tường", "Bùi Thị Hải Yến", "Phùng Thị Nga"),
    "H49.103": ("Đặng Thị Hà", "Ngô Thành Công", "Trịnh Văn Quyết", "Lưu Đình Phúc", "Trần Thị Dung"),
    "H49.104": ("Phạm Thị Diệu", "Hoàng Trung Hiếu", "Lê Thị Ánh Tuyết", "Nguyễn Hữu Nghĩa", "Vũ Thị Loan"),
    "H49.105": ("Bùi Thị Minh Châu", "Đoàn Văn Lâm", "Nguyễn Tiến Dũng", "Đỗ Thị Phượng", "Lê Thị Hạnh"),
    "H49.106": ("Hoàng Thị Mỹ", "Nông Văn Sáng", "Phạm Đức Anh", "Trần Văn Thành", "Chu Thị Hoa"),
    "H49.107": ("Nguyễn Thị Thơm", "Vũ Đình Khôi", "Bùi Văn Tiến", "Phạm Thị Tuyết Mai", "Đinh Thị Nhàn"),
    "H49.108": ("Trương Thị Hiền", "Châu Văn Phước", "Lê Hồng Quân", "Vũ Mạnh Hà", "Phạm Thị Sen"),
}


def accounts() -> tuple[Account, ...]:
    """Everybody: the platform's people first, then Hồng Gai, the other communes, the agencies."""
    found = [Account(*each) for each in _PLATFORM]
    for place in communes():
        found += _of_commune(place)
    return (*found, *(Account(*each) for each in _AGENCIES))


def _of_commune(place: Place) -> list[Account]:
    """Reception and clerk sit at the centre (the clerk serves the commune too), the others in the commune."""
    centre, ending = f"{place.code}.1", "" if place.code == MAIN else f".{place.slug}"
    roles = (
        ("receiver", ((centre, "receiver"),)),
        ("specialist", ((place.code, "specialist"),)),
        ("head", ((place.code, "head"), (place.code, "section_head"))),
        ("leader", ((place.code, "leader"),)),
        ("clerk", ((centre, "clerk"), (place.code, "clerk"))),
    )
    return [
        Account(f"{role}{ending}", name, held)
        for (role, held), name in zip(roles, _OFFICERS[place.code], strict=True)
    ]


SHOWN = (
    ("receiver", "Tiếp nhận hồ sơ · Reception, Hồng Gai"),
    ("specialist", "Thẩm định · Appraisal, Hồng Gai"),
    ("head", "Trưởng phòng · Head of division, Hồng Gai"),
    ("leader", "Lãnh đạo · Leader, Hồng Gai"),
    ("clerk", "Văn thư · Clerk, Hồng Gai"),
    ("analyst", "Phân tích quy trình · Business analyst"),
    ("publisher", "Phê duyệt quy trình · Process approver"),
    ("auditor", "Thanh tra, kiểm tra · Auditor"),
    ("supervisor", "Quản lý vận hành · Supervisor"),
    ("administrator", "Quản trị hệ thống · Administrator"),
)
