"""The analyst draws what no shipped procedure uses, and describes it in the panel."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.test_analyst import choose, save, write
from tests.journeys.world import HOUSEHOLD, People

pytestmark = pytest.mark.xdist_group("analyst")


def change(page: Page, name: str, kind: str) -> None:
    """Change an element into another kind by the menu at it."""
    choose(page, name)
    page.locator(".djs-context-pad [data-action=replace]").click()
    page.locator(".djs-popup .entry", has_text=kind).first.click()


def test_an_event_of_another_kind_is_drawn_and_checked(people: People) -> None:
    page = people.enter("analyst")
    page.goto(f"/procedures/{HOUSEHOLD}")
    page.get_by_role("button", name="Soạn bản nháp mới").click()
    choose(page, "gw_receive")
    page.locator(".djs-context-pad [data-action=replace]").click()
    offered = page.locator(".djs-popup .entry")
    expect(offered).to_have_text(["Cổng song song", "Cổng bao gồm", "Cổng theo sự kiện"])
    page.keyboard.press("Escape")
    change(page, "supplement_expired", "Sự kiện biên: điều kiện")
    write(page, "onedoor-event-condition", "appraise.choice = \"forward\"")
    save(page)
    page.reload()
    choose(page, "supplement_expired")
    condition = page.locator("[id='bio-properties-panel-onedoor-event-condition']")
    expect(condition).to_have_value("appraise.choice = \"forward\"")
    page.locator(".modeler-bar").get_by_role("button", name="Kiểm tra").click()
    expect(page.locator(".modeler-findings h2")).to_be_visible()
    expect(page.locator(".modeler-findings .flag-danger")).to_have_count(0)
    write(page, "onedoor-event-condition", "appraise.choice =")
    page.locator(".modeler-bar").get_by_role("button", name="Kiểm tra").click()
    expect(page.locator(".modeler-findings .flag-danger").first).to_be_visible()
    save(page)

