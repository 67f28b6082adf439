"""The analyst's journey: from the catalogue to a new version that another person approved."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.filling import Filler, schema
from tests.journeys.test_officer import attach, code_on, start_filing
from tests.journeys.world import HOUSEHOLD, People, scenario

pytestmark = pytest.mark.xdist_group("analyst")

MERGE = "merge_result"


def element(page: Page, name: str) -> Locator:
    """An element of the diagram."""
    return page.locator(f".djs-element[data-element-id='{name}']")


def choose(page: Page, name: str) -> None:
    """Click an element."""
    element(page, name).locator(".djs-hit").first.click(force=True)


def write(page: Page, entry: str, value: str) -> None:
    """Write into a field of the properties panel, opening its group where it is closed."""
    field = page.locator(f"[id='bio-properties-panel-{entry}']")
    group = page.locator(".bio-properties-panel-group").filter(has=field)
    if not field.is_visible():
        group.locator(".bio-properties-panel-group-header").click()
    field.fill(value)
    field.blur()


def save(page: Page) -> None:
    """Save what is open in the studio."""
    expect(page.locator(".modeler-state")).to_have_text("Chưa lưu")
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.locator(".modeler-state")).to_have_text("Đã lưu")


def file_dossier(people: People) -> str:
    """A dossier received now."""
    page, told = people.enter("receiver"), scenario("onsite")
    start_filing(page, told)
    Filler(page.locator("#filing")).fill(schema("filing"), told["filing"])
    attach(page, "identity")
    page.get_by_role("button", name="Tiếp nhận và in giấy hẹn").click()
    return code_on(page)


def version_of(people: People, code: str) -> str:
    """The version a dossier runs on, as its page says."""
    page = people.enter("receiver")
    page.goto(f"/dossiers/{code}")
    return page.locator("#where dd").last.inner_text()


def test_from_the_catalogue_to_a_new_version(people: People) -> None:
    before = file_dossier(people)
    analyst = people.enter("analyst")
    analyst.goto("/procedures")
    analyst.locator("#q").fill("dang ky ho kinh doanh")
    analyst.locator("#q").press("Enter")
    expect(analyst.locator("table tbody tr")).to_have_count(1)
    analyst.locator("table tbody tr").click()
    expect(analyst.locator("h1")).to_have_text("Đăng ký thành lập hộ kinh doanh")
    analyst.get_by_role("button", name="Soạn bản nháp mới").click()

    choose(analyst, "appraise")
    write(analyst, "name", "Thẩm định và đối chiếu")
    write(analyst, "onedoor-en", "Appraise and compare")
    write(analyst, "onedoor-step-hours", "4")
    expect(analyst.locator(".modeler-hours")).to_contain_text("còn 1 giờ chưa giao cho bước nào")
    choose(analyst, "approve")
    write(analyst, "onedoor-step-hours", "4")
    expect(analyst.locator(".modeler-hours")).to_contain_text("12 giờ")
    expect(analyst.locator(".modeler-hours.is-off")).to_have_count(0)
    save(analyst)
    analyst.reload()
    choose(analyst, "appraise")
    expect(analyst.locator("[id='bio-properties-panel-onedoor-step-hours']")).to_have_value("4")
    expect(analyst.locator("[id='bio-properties-panel-onedoor-en']")).to_have_value("Appraise and compare")

    break_and_mend(analyst)
    edit_form(analyst)
    submit(analyst)
    approve(people)
    look_at_version(analyst)

    after = file_dossier(people)
    assert (version_of(people, before), version_of(people, after)) == ("1", "2")
    specialist = people.enter("specialist", "en")
    specialist.goto(f"/procedures/{HOUSEHOLD}/versions/2")
    expect(specialist.locator(".step-list, ol").get_by_text("Appraise and compare").first).to_be_visible()


def break_and_mend(page: Page) -> None:
    """A step that nothing leads to is found at its element; undo brings what led there back."""
    page.locator(".modeler-bar").get_by_role("button", name="Vừa khung").click()
    choose(page, MERGE)
    page.keyboard.press("Delete")
    expect(element(page, MERGE)).to_have_count(0)
    check = page.locator(".modeler-bar").get_by_role("button", name="Kiểm tra")
    check.click()
    expect(element(page, "return_result")).to_have_class(re.compile("od-finding-error"))
    expect(page.locator(".od-finding-badge-error").first).to_be_visible()
    page.locator(".modeler-findings li", has=page.locator(".flag-danger")).locator(".link-button").first.click()
    expect(page.locator(".djs-element.selected").first).to_be_visible()
    page.get_by_role("button", name="Hoàn tác").click()
    expect(element(page, MERGE)).to_have_count(1)
    check.click()
    expect(page.locator(".modeler-findings .flag-danger")).to_have_count(0)
    save_if_dirty(page)


def save_if_dirty(page: Page) -> None:
    """After an undo the editor cannot know that nothing differs."""
    if page.locator(".modeler-state").inner_text() != "Đã lưu":
        save(page)


def edit_form(page: Page) -> None:
    """Another label in a form."""
    page.goto(f"/procedures/{HOUSEHOLD}/draft/forms/approve")
    page.locator(".fjs-form-field-textarea").first.click()
    label = page.locator(".bio-properties-panel [id$='-label']").first
    if not label.is_visible():
        page.locator(".bio-properties-panel-group-header").first.click()
    label.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("Ý kiến phê duyệt")
    save(page)


def submit(page: Page) -> None:
    """Hand the draft over; the author is told that it needs somebody else."""
    page.goto(f"/procedures/{HOUSEHOLD}/draft")
    page.locator("form[action$='/submit'] [name=note]").fill("Rút ngắn thời gian thẩm định")
    page.locator("form[action$='/submit'] button[type=submit]").click()
    expect(page).to_have_url(re.compile("/review$"))
    expect(page.locator("form[action$='/approve']")).to_have_count(0)
    expect(page.locator("#decide")).to_contain_text("người khác")


def approve(people: People) -> None:
    """Another person reads the changes and publishes."""
    publisher = people.enter("publisher")
    publisher.goto(f"/procedures/{HOUSEHOLD}/review")
    expect(publisher.locator("#changes")).to_contain_text("Thẩm định và đối chiếu")
    expect(publisher.locator(".diff-list")).to_contain_text("Thẩm định và đối chiếu")
    expect(publisher.locator(".diff-canvas .od-changed").first).to_be_visible()
    publisher.get_by_role("button", name="Phê duyệt và công bố").click()
    publisher.locator("dialog[open] button[value=yes]").click()
    expect(publisher.locator(".notice-success")).to_contain_text("2")


def look_at_version(page: Page) -> None:
    """The new version with its digest, and what changed in it."""
    page.goto(f"/procedures/{HOUSEHOLD}")
    expect(page.locator("#versions tbody tr")).to_have_count(2)
    expect(page.locator("#versions tbody tr").first).to_contain_text("Rút ngắn thời gian thẩm định")
    page.goto(f"/procedures/{HOUSEHOLD}/versions/2")
    expect(page.locator("#publication")).to_contain_text(re.compile(r"[0-9a-f]{64}"))
    page.goto(f"/procedures/{HOUSEHOLD}/compare?old=1&new=2")
    expect(page.locator("#changes")).to_contain_text("Thẩm định và đối chiếu")
    expect(page.locator(".diff-canvas .od-changed").first).to_be_visible()


def test_nobody_approves_the_own_draft(people: People) -> None:
    publisher = people.enter("publisher")
    publisher.goto("/procedures")
    code = publisher.locator("table tbody tr a.code").last.inner_text()
    publisher.goto(f"/procedures/{code}")
    publisher.get_by_role("button", name="Soạn bản nháp mới").click()
    choose(publisher, "receive")
    write(publisher, "name", "Tiếp nhận tại quầy")
    save(publisher)
    publisher.locator("form[action$='/submit'] [name=note]").fill("Tự soạn")
    publisher.locator("form[action$='/submit'] button[type=submit]").click()
    expect(publisher.locator("#decide")).to_contain_text("người khác")
    expect(publisher.locator("form[action$='/approve']")).to_have_count(0)
    people.expect_status(403, 409)
    token = publisher.locator("[data-csrf] input[type=hidden]").first.get_attribute("value") or ""
    answer = publisher.context.request.post(f"/procedures/{code}/review/approve", max_redirects=0, form={
        "csrf_token": token, "revision": "2"})
    assert answer.status in (403, 409), answer.status
