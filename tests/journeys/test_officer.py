"""The officers' journey: a dossier is received, supplemented, approved, signed and returned."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.filling import Filler, schema
from tests.journeys.world import CENTRE, HOUSEHOLD, People, answers_of, scenario, sign_in, sign_out

pytestmark = pytest.mark.xdist_group("officer")

CODE = re.compile(r"^H49\.101\.1-\d{6}-\d{4}$")
PAPER = {"name": "giấy tờ.pdf", "mimeType": "application/pdf",
         "buffer": b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"}


def start_filing(page: Page, told: dict[str, Any]) -> None:
    """Choose the procedure at the counter and how it is handed in."""
    page.goto("/dossiers/new")
    page.locator("#text").fill("ho kinh doanh")
    page.locator("#text").press("Enter")
    page.locator(f"a[href*='procedure={HOUSEHOLD}']").first.click()
    expect(page.locator("#field-unit")).to_have_value("H49.101")
    page.locator("#field-channel").select_option("postal" if told["channel"] == "postal" else "direct")


def attach(page: Page, *components: str) -> None:
    """Put a file to each component."""
    for component in components:
        page.locator(f"input[name='file:{component}']").set_input_files([PAPER])


def code_on(page: Page) -> str:
    """The record code on the receipt."""
    code = page.locator(".receipt-code b").inner_text()
    assert CODE.match(code), code
    return code


def open_task(page: Page, code: str, tab: str = "unit") -> None:
    """From the inbox, found by its code."""
    page.goto(f"/tasks?tab={tab}")
    page.locator("#filter-text").fill(code)
    page.locator("#filter-text").press("Enter")
    page.locator(f"a.code[href^='/tasks/{code}/']").click()


def claim(page: Page, language: str = "vi") -> None:
    """Take the open task."""
    page.locator(".sticky-head").get_by_role("button", name={"vi": "Nhận việc", "en": "Claim"}[language]).click()
    expect(page.locator("form[data-draft-url]")).to_be_visible()


def answer(page: Page, form: str, values: dict[str, Any], choice: str = "", language: str = "vi") -> None:
    """Fill the step's form and press the button that ends it."""
    Filler(page.locator("#step"), language).fill(schema(form), values)
    choice_button(page, choice).click()


def choice_button(page: Page, choice: str) -> Locator:
    """The button of a choice; of steps without choices the only one."""
    return page.locator(f"button[name=choice][value='{choice}']")


def history_on(page: Page) -> list[str]:
    """The titles of the history, newest first."""
    page.locator("#pane-history").click()
    expect(page.locator("#pane .timeline-title").first).to_be_visible()
    return page.locator("#pane .timeline-title").all_inner_texts()


def check_counts(page: Page) -> None:
    """The number at each tab is the number of its rows."""
    page.goto("/tasks")
    tabs = page.locator(".tabs a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert len(tabs) == 6
    for url in tabs:
        page.goto(url)
        current = int(page.locator(".tabs a[aria-current=page] .count").inner_text())
        rows = page.locator("table.inbox tbody tr").count()
        assert rows == min(current, 50), url


def test_a_dossier_from_the_counter_to_its_result(people: People) -> None:
    filed, once = scenario("online"), scenario("supplement-once")
    receiver = people.window()
    people.expect_status(422)
    sign_in(receiver, "receiver")
    start_filing(receiver, filed)
    filling = Filler(receiver.locator("#filing"))
    filling.fill(schema("filing"), {**filed["filing"], "owner_phone": ""})
    attach(receiver, "identity", "authority")
    submit = receiver.locator("button[type=submit]", has_text="Tiếp nhận và in giấy hẹn")

    submit.click()
    phone = receiver.get_by_label(re.compile(r"^Điện thoại\*?$"))
    expect(phone).to_be_focused()
    expect(receiver.get_by_label(re.compile("^Tên hộ kinh doanh"))).to_have_value(filed["filing"]["business_name"])
    phone.fill(filed["filing"]["owner_phone"])

    submit.click()
    expect(receiver.locator(".error-summary")).to_be_focused()
    expect(receiver.locator(".paper", has_text="Biên bản họp")).to_contain_text(re.compile("thiếu|cần|bắt buộc", re.I))
    expect(receiver.get_by_label(re.compile("^Tên hộ kinh doanh"))).to_have_value(filed["filing"]["business_name"])
    expect(receiver.locator(".paper .files a", has_text="giấy tờ.pdf")).to_have_count(2)
    members = receiver.get_by_role("group", name="Thành viên", exact=True).locator(".fjs-repeat-row-container")
    expect(members).to_have_count(len(filed["filing"]["members"]))
    attach(receiver, "minutes")
    submit.click()
    code = code_on(receiver)
    expect(receiver.locator(".receipt-qr svg")).to_be_visible()
    expect(receiver.locator(".receipt")).to_contain_text(filed["filing"]["owner_name"])
    expect(receiver.locator(".receipt")).to_contain_text(re.compile(r"\d\d:\d\d \d\d/\d\d/\d{4}.*1,5 ngày làm việc"))

    open_task(receiver, code)
    claim(receiver)
    answer(receiver, "receive", answers_of(filed, "receive"), "forward")
    expect(receiver.locator(".notice-success")).to_be_visible()
    sign_out(receiver)

    specialist = people.enter("specialist")
    check_counts(specialist)
    open_task(specialist, code)
    claim(specialist)
    expect(specialist.locator("#pane")).to_contain_text(filed["filing"]["business_name"])
    specialist.locator("#pane-diagram").click()
    expect(specialist.locator("[data-element-id=appraise].od-token")).to_be_visible()
    answer(specialist, "appraise", answers_of(once, "appraise"), "supplement")
    expect(specialist.locator(".notice-success")).to_be_visible()

    sign_in(receiver, "receiver")
    open_task(receiver, code, "waiting")
    receiver.locator("input[name='file:']").set_input_files([PAPER])
    answer(receiver, "supplement", answers_of(once, "supplement"))
    expect(receiver.locator(".notice-success")).to_be_visible()

    open_task(specialist, code, "unit")
    if specialist.locator("form[data-draft-url]").count() == 0:
        claim(specialist)
    answer(specialist, "appraise", answers_of(once, "appraise", 1), "forward")
    expect(specialist.locator(".notice-success")).to_be_visible()

    head = people.enter("head")
    open_task(head, code)
    claim(head)
    answer(head, "approve", answers_of(once, "approve"), "forward")
    expect(head.locator(".notice-success")).to_be_visible()

    clerk = people.enter("clerk")
    open_task(clerk, code)
    claim(clerk)
    answer(clerk, "stamp", answers_of(once, "stamp"))
    expect(clerk.locator(".notice-success")).to_be_visible()

    open_task(receiver, code)
    claim(receiver)
    answer(receiver, "return_result", answers_of(filed, "return_result"))
    expect(receiver.locator(".notice-success")).to_be_visible()

    receiver.goto(f"/dossiers/{code}")
    expect(receiver.locator("main .state").first).to_have_text("Đã trả kết quả")
    titles = history_on(receiver)
    assert len(titles) >= 13, titles
    receiver.locator("#pane-papers").click()
    expect(receiver.locator("#pane .paper-shown")).to_have_count(4)


def test_the_same_on_postgresql_in_english(postgresql_people: People) -> None:
    people, told = postgresql_people, scenario("onsite")
    receiver = people.enter("receiver", "en")
    start_filing(receiver, told)
    Filler(receiver.locator("#filing"), "en").fill(schema("filing"), told["filing"])
    attach(receiver, "identity")
    receiver.get_by_role("button", name="Receive and print the receipt").click()
    code = code_on(receiver)
    for username, form, choice in (
        ("receiver", "receive", "forward"), ("specialist", "appraise", "forward"), ("head", "approve", "forward"),
        ("clerk", "stamp", ""), ("receiver", "return_result", ""),
    ):
        page = receiver if username == "receiver" else people.enter(username, "en")
        open_task(page, code)
        claim(page, "en")
        answer(page, form, answers_of(told, form), choice, "en")
        expect(page.locator(".notice-success")).to_be_visible()
    receiver.goto(f"/dossiers/{code}")
    expect(receiver.locator("main .state").first).to_have_text("Result returned")
    assert len(history_on(receiver)) == 11


def quick_dossier(page: Page) -> str:
    """A dossier received in a few moves; the window stands at its receipt."""
    told = scenario("onsite")
    start_filing(page, told)
    Filler(page.locator("#filing")).fill(schema("filing"), told["filing"])
    attach(page, "identity")
    page.locator("button[type=submit]", has_text="Tiếp nhận và in giấy hẹn").click()
    return code_on(page)


def test_who_comes_second_is_told_who_was_faster(people: People) -> None:
    receiver = people.enter("receiver")
    code = quick_dossier(receiver)
    first, second = receiver, people.enter("receiver")
    open_task(first, code)
    claim(first)
    open_task(second, code, "mine")
    Filler(second.locator("#step")).fill(schema("receive"), answers_of(scenario("onsite"), "receive"))
    answer(first, "receive", answers_of(scenario("onsite"), "receive"), "forward")
    expect(first.locator(".notice-success")).to_be_visible()
    people.expect_status(409)
    choice_button(second, "forward").click()
    expect(second.locator(".notice-warning")).to_contain_text("Nguyễn Thị Hồng Nhung")
    expect(second.locator(".notice-warning")).to_contain_text(re.compile(r"\d\d:\d\d \d\d/\d\d/\d{4}"))
    expect(second.locator("h1")).to_have_text("Đã có người xử lý trước")
    second.get_by_role("link", name="Xem hồ sơ đang ở đâu").click()
    expect(second).to_have_url(re.compile(f"/dossiers/{code}$"))


def test_sending_twice_makes_one_dossier(people: People, tmp_path: Path) -> None:
    page = people.enter("receiver")
    told = scenario("onsite")
    start_filing(page, told)
    Filler(page.locator("#filing")).fill(schema("filing"), {**told["filing"], "owner_name": "Gửi Hai Lần"})
    attach(page, "identity")
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    page.locator("form[data-papers-url]").evaluate(
        "form => { const button = form.querySelector('button[type=submit]'); button.click(); button.click(); }")
    code = code_on(page)
    page.go_back()
    page.goto("/dossiers?q=gui+hai+lan")
    expect(page.locator("table tbody tr")).to_have_count(1)
    expect(page.locator("table tbody tr a.code")).to_have_text(code)


def test_a_dossier_of_another_centre_is_not_found(people: People) -> None:
    code = quick_dossier(people.enter("receiver"))
    stranger = people.enter("receiver.baichay")
    people.expect_status(404)
    answer_ = stranger.goto(f"/dossiers/{code}")
    assert answer_ is not None
    assert answer_.status == 404
    assert CENTRE in code
