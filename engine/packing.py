"""What is kept, packed: a third of its length, because packer and unpacker know beforehand how states and people speak.

What the two know is part of the format. A word added to or taken from it makes all that was packed with it unreadable;
better words are a new format beside this one.
"""

from __future__ import annotations

import zlib

from engine.errors import StateUnreadable

# No state and no JSON begins with the second.
FIRST, SECOND = b"onedoor-packed-1\n", b"\x02"
_RAW, _LEVEL, _MEMORY = -15, 6, 8
_WORDS = """
"cancelled":"withdrawn":"rejected","reason":"approved":"officer":"applicant":"authority":"quantity":1,"amount":
"Giấy chứng nhận quyền sử dụng đất, quyền sở hữu nhà ở và tài sản khác gắn liền với đất"
"Công ty TNHH một thành viên Công ty cổ phần đầu tư xây dựng thương mại dịch vụ"
"Khu phố Tổ dân phố Thôn Đường Quảng Ninh Hạ Long Cẩm Phả Uông Bí Móng Cái"
"Ủy ban nhân dân Xã Phường Đặc khu Tỉnh Sở Phòng Trung tâm Chi cục Thuế"
"Bổ sung giấy tờ còn thiếu","Không đủ điều kiện giải quyết","Đã kiểm tra thực địa, đúng hiện trạng","Đồng ý",
"Hồ sơ đầy đủ, hợp lệ","Đề nghị trình ký","Nguyễn Văn ","Nguyễn Thị ","Trần Văn ","Trần Thị ","Lê Văn ","Lê Thị ",
"Phạm ","Hoàng ","Vũ ","Đặng ","Bùi ","Đỗ ","issued_on":"2026-01-01","valid_until":"2027-12-31","phone":"09",
"email":"@gmail.com","identity":"0220","birthday":"19","gender":"address":"street":"ward":"plot":1,"sheet":1,
"area":100.0,"fee":0,"tax":"online","receive":{"complete":true,"appraise":{"opinion":"","note":"","checked":true,
"inspect":{"findings":"","choice":"supplement"},"approve":{"choice":"approve","note":""},"stamp":{"tax":{"paid":true},
"sign":{"number":"/QĐ-UBND","signed_on":"choice":"sign"},"return":{"choice":null},
"index":0,"item":,"items":[],"results":[null],"done":{"waits":[[false,null,"message":"cycle":"base":"fired":0,
"seen":{"todo":[],"round":1,"key":"closing":true,"scope":"",
"warned":1,"by":"seq":"code":"H49.1-260302-0001","ended":null,"next":[{"due_at":"2026-11-23T04:30:00+00:00","mine":true,
"step":{"en":"","vi":""},"token":"2","unit":{"en":" Ward","vi":"Phường "},"waits":false}],"seq":2,"step":{"en":"","vi":
[{"from":"2026-11-22T11:11:56.529130+00:00","kind":"run","reason":"received","to":null},
{"from":"2026-11-22T07:30:00.000000+00:00","hours":"4","kind":"step","reason":"1","to":null}]
onedoor-state-1{"digest":"","dossier":{"code":"H49.1.000001-26","procedure":"1.0","channel":"direct",
"receiving_unit":"H49.","competent_unit":"H49.","received_at":"2026-11-02T01:30:00.000000+00:00"},
"data":{"filing":{"name":""},"s1":{"note":"","checked":true,"choice":null}},
"visits":{"receive":1,"appraise":1,"approve":1,"sign":1,"return":1},"status":2,"clock":"stopped","clock":"running",
"next":2,"arrivals":{},"ended":false,"end":null,"at":"2026-11-22T07:30:00.000000+00:00",
"tokens":[{"id":"1","at":"","visit":1,"assignee":"1"}],"timers":[]}
""".replace("\n", "").encode("utf-8")


def pack(plain: bytes) -> bytes:
    """The bytes in the newest format."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, _WORDS)
    return b"".join((SECOND, packer.compress(plain), packer.flush()))


def unpack(packed: bytes) -> bytes:
    """The inverse of `pack`; what no release packed comes back as it is. Raises StateUnreadable."""
    try:
        if packed.startswith(SECOND):
            return _inflated(packed[len(SECOND) :])
        return zlib.decompress(packed[len(FIRST) :]) if packed.startswith(FIRST) else packed
    except zlib.error as problem:
        raise StateUnreadable(reason="it cannot be unpacked") from problem


def _inflated(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj(_RAW, zdict=_WORDS)
    plain = unpacker.decompress(packed)
    if not unpacker.eof or unpacker.unused_data:
        raise StateUnreadable(reason="it cannot be unpacked")
    return plain
