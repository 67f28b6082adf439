"""A province with a small procedure whose papers follow the answers, for tests of dossiers and tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from app import clock
from app.dossiers.commands import Filing, Received, receive
from app.dossiers.files import Store
from app.dossiers.papers import Paper, upload
from app.people.actor import Actor
from tests import builders as make
from tests.engine import builders as draw

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
COMPONENTS = [
    {"code": "identity", "name": {"vi": "Căn cước", "en": "Identity card"}, "required": True, "copies": 1},
    {"code": "proof", "name": {"vi": "Giấy chứng minh", "en": "Proof"}, "required": "=filing.divisor = 2"},
]


@dataclass
class Stage:
    """The people, the store, and how they receive."""

    store: Store
    receiver: Actor
    specialist: Actor
    rival: Actor
    clerk: Actor
    outsider: Actor
    papers: dict[str, Paper] = field(default_factory=dict)

    def bring(self, officer: Actor, content: bytes = PNG, name: str = "scan.png", component: str = "identity") -> int:
        """Upload a file."""
        return upload(officer, self.store, BytesIO(content), name, component=component).id

    def filing(self, officer: Actor | None = None, **changes: Any) -> Filing:
        """A filing that would be received."""
        papers = changes.pop("attachments", None) or (self.bring(officer or self.receiver),)
        told: dict[str, Any] = {
            "procedure": make.PROCEDURE, "receiving_unit": make.CENTRE, "competent_unit": make.COMMUNE,
            "channel": "direct", "form": {"name": "Nguyễn Thị Đào"}, "attachments": papers,
        }
        return Filing(**{**told, **changes})

    def receive(self, **changes: Any) -> Received:
        """Receive a dossier on the Monday of the tests."""
        with clock.at(make.NOW):
            return receive(self.receiver, self.filing(**changes))


def diagram() -> str:
    """Appraise (pass, supplement, refuse) by a specialist, stamp with a file, and the supplement's wait."""
    return draw.diagram(
        draw.start(),
        draw.task("appraise", draw.choice("forward"), draw.choice("supplement", "supplement"),
                  draw.choice("refuse", "refuse"), status="4"),
        draw.xor("decided", default="decided-stamp"),
        draw.receive("supplement", "supplement", role="receiver", unit="receiving"),
        draw.timer("expired", "P30D", host="supplement"),
        draw.task("stamp", kind="stamp", role="specialist", hours="1", needsFile="true"),
        draw.task("hand_over", kind="return", role="receiver", unit="receiving", hours="1", status="9"),
        draw.end("returned", "10"), draw.end("refused", "8"), draw.end("lapsed", "8"),
        draw.path("begin", "appraise", "decided", "stamp", "hand_over", "returned"),
        draw.flow("decided", "supplement", 'appraise.choice = "supplement"'),
        draw.flow("decided", "refused", 'appraise.choice = "refuse"'),
        draw.flow("supplement", "appraise"), draw.flow("expired", "lapsed"),
        messages=("supplement",),
    )


def set_up(folder: Path) -> Stage:
    """Units, people and the published procedure."""
    make.province()
    receiver = make.person("receiver", (make.CENTRE, "receiver"))
    stage = Stage(
        Store(folder / "files", 1 << 20), receiver, make.person("specialist", (make.COMMUNE, "specialist")),
        make.person("rival", (make.COMMUNE, "specialist"), name="Trần Rival"),
        make.person("clerk", (make.COMMUNE, "clerk")), make.person("outsider", (make.OTHER_CENTRE, "receiver")),
    )
    with clock.at(make.NOW):
        make.publish(receiver, diagram(), components=COMPONENTS, applicant={"name": "filing.name"})
    return stage
