"""Every hostile diagram through the real door: refused, with element and sentence, within two seconds, nothing kept.

    python -m tests.faults.gate
"""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path

from app.people import accounts
from tests import builders as make
from tests.app.security.drawings import REFUSED
from tests.faults.scene import Scene, prepare

SECONDS = 2.0


def main() -> int:
    """Try all of them; 0 when all held."""
    with tempfile.TemporaryDirectory() as folder, prepare(Path(folder), "", 1) as scene:
        return _tried(scene)


def _tried(scene: Scene) -> int:
    with scene.app.app_context():
        token = accounts.create_token(make.person("analyst", ("H49", "analyst")), "gate", 1).secret
    client, head = scene.app.test_client(), {"Authorization": f"Bearer {token}"}
    url = f"/api/v1/procedures/{make.PROCEDURE}/draft"
    assert client.post(url, headers=head).status_code == 201
    start = _spent(client, url, head, make.diagram())[1]
    failed = 0
    for name, (xml, element) in REFUSED.items():
        found, seconds = _spent(client, url, head, xml)
        named = {each["element"] for each in found}
        good = bool(found) and seconds - start < SECONDS and (element is None or element in named)
        failed += not good
        sentence = found[0]["message"][:90] if found else "nothing was found"
        print(f"{'PASS' if good else 'FAIL'} {name}: {seconds:.1f} s, {sorted(filter(None, named))[:3]}, {sentence}")
    print(f"{'FAIL' if failed else 'PASS'} {len(REFUSED)} diagrams, {failed} not refused as they should be "
          f"(a good one needs {start:.1f} s)")
    return int(failed > 0)


def _spent(client: object, url: str, head: dict[str, str], xml: str) -> tuple[list[dict[str, str]], float]:
    """The errors found, and the processor seconds that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer = client.post(f"{url}/check", headers=head, json={"xml": xml})  # type: ignore[attr-defined]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    findings = answer.get_json().get("findings", [answer.get_json().get("error", {}) | {"element": None}])
    errors = [each for each in findings if each.get("severity", "error") == "error"]
    return errors, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    sys.exit(main())
