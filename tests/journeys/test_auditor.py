"""The auditor's journey: a history is searched, replayed on its diagram, proved, taken away, and caught when forged."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from app.audit.export import verify_lines
from tests.journeys.world import People, Server

pytestmark = pytest.mark.xdist_group("auditor")


def finished(server: Server) -> tuple[str, str, int]:
    """A returned dossier of Hồng Gai with its applicant and the number of its entries."""
    with sqlite3.connect(server.database) as conn:
        row = conn.execute(
            "SELECT d.code, d.applicant_name, d.seq FROM dossier d WHERE d.status = 10 ORDER BY d.seq DESC, d.id"
        ).fetchone()
    conn.close()
    return str(row[0]), str(row[1]), int(row[2])


def tokens(page: Page) -> list[str]:
    """The steps on which tokens lie."""
    return page.locator(".replay-canvas .djs-element.od-token").evaluate_all(
        "elements => elements.map(element => element.getAttribute('data-element-id')).sort()")


def place(page: Page) -> Locator:
    """Which moment of how many is shown."""
    return page.locator(".replay-place")


def test_a_history_step_by_step(people: People, server: Server, tmp_path: Path) -> None:
    code, applicant, entries = finished(server)
    page = people.enter("auditor")
    page.goto("/audit")
    page.locator("#q").fill(applicant)
    page.locator("#q").press("Enter")
    page.locator(f"a.code[href='/audit/{code}']").click()

    expect(page.locator(".proof .chain-ok")).to_have_count(2)
    expect(page.locator(".proof")).to_contain_text(f"Chuỗi {entries} mục lịch sử còn nguyên vẹn")
    expect(page.locator("#history .timeline-entry")).to_have_count(entries)
    expect(page.locator("#history .timeline-who").first).not_to_be_empty()
    values = page.locator("#history details").first
    values.locator("summary").click()
    expect(values).to_contain_text(applicant)

    replay(page, entries)
    page.get_by_role("link", name="So sánh hai thời điểm").click()
    expect(page.locator("#differences tbody tr").first).to_be_visible()
    take_away(page, code, entries, tmp_path)


def replay(page: Page, entries: int) -> None:
    """Buttons, keys, slider and address all lead to the same moments."""
    expect(place(page)).to_have_text(f"{entries} / {entries}")
    expect(page.locator(".replay-canvas .od-passed").first).to_be_attached()
    assert tokens(page) == []
    page.get_by_role("button", name="Về đầu").click()
    expect(place(page)).to_have_text(f"1 / {entries}")
    first = tokens(page)
    assert len(first) == 1
    seen = [first]
    for moment in range(2, entries + 1):
        page.get_by_role("button", name="Tiến một bước").click()
        expect(place(page)).to_have_text(f"{moment} / {entries}")
        seen.append(tokens(page))
    assert len({tuple(each) for each in seen}) >= 5, seen
    assert seen[-1] == []
    page.get_by_role("button", name="Lùi một bước").click()
    assert tokens(page) == seen[-2]

    slider = page.locator(".replay-controls input[type=range]")
    slider.focus()
    slider.press("Home")
    expect(place(page)).to_have_text(f"1 / {entries}")
    assert tokens(page) == first
    slider.press("ArrowRight")
    expect(place(page)).to_have_text(f"2 / {entries}")
    slider.fill("2")
    expect(place(page)).to_have_text(f"3 / {entries}")
    assert page.url.endswith("#3")
    expect(page.locator(".replay-text h2")).to_have_text(re.compile(r"^3\. "))
    page.goto(page.url.partition("#")[0] + "#2")
    expect(place(page)).to_have_text(f"2 / {entries}")
    page.reload()
    expect(place(page)).to_have_text(f"2 / {entries}")


def take_away(page: Page, code: str, entries: int, folder: Path) -> None:
    """The case file proves itself without the platform; a changed line does not."""
    page.goto(f"/audit/{code}")
    with page.expect_download() as started:
        page.get_by_role("button", name="Xuất tệp hồ sơ").click()
    file = folder / "history.jsonl"
    started.value.save_as(file)
    lines = file.read_text("utf-8").splitlines()
    verdict = verify_lines(lines)
    assert (verdict.ok, verdict.code, verdict.entries) == (True, code, entries)
    forged = [lines[0], lines[1], re.sub(r'"person": \d+', '"person": 1', lines[2]), *lines[3:]]
    verdict = verify_lines(forged)
    assert (verdict.ok, verdict.problem, verdict.place) == (False, "entry", 2)


def test_a_forged_entry_is_shown_with_its_place(people: People, server: Server) -> None:
    code, _, entries = finished(server)
    with sqlite3.connect(server.database) as conn:
        with pytest.raises(sqlite3.DatabaseError):
            conn.execute("UPDATE history_entry SET person_name = 'X' WHERE seq = 3")
        triggers = conn.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'history_entry'").fetchall()
        for (name,) in triggers:
            conn.execute(f'DROP TRIGGER "{name}"')
        conn.execute("UPDATE history_entry SET "
                     "acting_unit = 'H49' WHERE seq = 3 AND dossier = (SELECT id FROM dossier WHERE code = ?)", (code,))
    conn.close()
    page = people.enter("auditor")
    page.goto(f"/audit/{code}")
    expect(page.locator(".proof .chain-broken").first).to_contain_text("mục 3")
    expect(page.locator("#seq-3")).to_have_class(re.compile("tone-danger"))
    expect(page.locator("#seq-3")).to_contain_text("chuỗi")
    expect(page.locator("#history .timeline-entry")).to_have_count(entries)
