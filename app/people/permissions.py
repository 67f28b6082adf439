"""What each role may do on the platform. Work on steps needs the step's own role in the step's unit besides.

A permission is `subject.action`; every route declares one (or says that it is public).
"""

from __future__ import annotations

PERMISSIONS: dict[str, str] = {
    "account.own": "See and change one's own account, language and API tokens.",
    "catalogue.read": "See the catalogue, procedures and published versions.",
    "dossier.receive": "Receive dossiers at a centre.",
    "dossier.read": "See dossiers in which one's units take part.",
    "dossier.withdraw": "Record that an applicant takes a dossier back.",
    "dossier.deliver": "Hand a dossier a message or signal that its process waits for.",
    "task.read": "See the inbox of one's units.",
    "task.work": "Claim, give back and complete steps.",
    "apology.sign": "Sign or send back apologies of one's units and those below.",
    "incident.read": "See incidents of one's units.",
    "incident.retry": "Retry a failed command.",
    "procedure.edit": "Edit drafts of diagrams and forms, check and submit them.",
    "procedure.publish": "Approve and publish another person's submitted draft; move running dossiers.",
    "audit.read": "Search and replay every dossier's history in one's units and those below.",
    "audit.export": "Export a dossier's history.",
    "people.manage": "Manage units, people and their roles.",
    "calendar.manage": "Correct holidays and make-up days.",
}

_EVERYBODY = {"account.own", "catalogue.read"}
_WORK = _EVERYBODY | {"dossier.read", "task.read", "task.work"}

ROLES: dict[str, tuple[str, str, set[str]]] = {
    "receiver": ("Cán bộ tiếp nhận", "Reception officer",
                 _WORK | {"dossier.receive", "dossier.withdraw", "dossier.deliver"}),
    "specialist": ("Chuyên viên", "Specialist", _WORK),
    "section_head": ("Tổ trưởng", "Head of section", _WORK),
    "head": ("Trưởng phòng", "Head of division", _WORK | {"incident.read", "apology.sign"}),
    "leader": ("Lãnh đạo", "Leader", _WORK | {"incident.read", "apology.sign"}),
    "clerk": ("Văn thư", "Clerk", _WORK),
    "surveyor": ("Cán bộ khảo sát", "Surveyor", _WORK),
    "technician": ("Kỹ thuật viên", "Technician", _WORK),
    "supervisor": ("Quản lý vận hành", "Supervisor",
                   _EVERYBODY | {"dossier.read", "task.read", "incident.read", "incident.retry"}),
    "analyst": ("Cán bộ phân tích quy trình", "Business analyst", _EVERYBODY | {"procedure.edit"}),
    "publisher": ("Người phê duyệt quy trình", "Process approver",
                  _EVERYBODY | {"procedure.edit", "procedure.publish"}),
    "auditor": ("Thanh tra, kiểm tra", "Auditor", _EVERYBODY | {"dossier.read", "audit.read", "audit.export"}),
    "administrator": ("Quản trị hệ thống", "Administrator",
                      _EVERYBODY | {"people.manage", "calendar.manage", "incident.read"}),
}


def permissions_of(roles: set[str] | frozenset[str]) -> frozenset[str]:
    """Everything that somebody with these roles may do."""
    return frozenset(permission for role in roles if role in ROLES for permission in ROLES[role][2])
