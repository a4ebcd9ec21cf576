"""Every state of the page, the functions played by the test: what it says and offers, axe in each."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from support.page_under_test import (
    JOB_ID,
    OWNER_TOKEN,
    Answer,
    accepted,
    axe_violations,
    buttons,
    completed,
    failed,
    failure,
    fill,
    generate,
    headline,
    photo,
    press_more,
    problem,
    status,
    stop_clock,
    upload,
    wait_until,
)
from videogen.errors import FAILURES
from videogen.settings import Model, Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page, Route

    from support.page_under_test import Functions, StaticSite
    from videogen.errors import FailureCode

    OpenPage = Callable[..., Page]

NEW_OFFER = (
    "This site has just changed its price or its terms, so nothing was sent. Look at them, then press again."
)
RENDERING = status("processing", stage="rendering", pollAfterMs=60_000)


def says(page: Page, sentence: str) -> None:
    expect(page.get_by_role("article").get_by_text(sentence)).to_be_visible()


def test_photo_to_playing_video_by_roles_and_labels_alone(open_page: OpenPage, functions: Functions) -> None:
    functions.states(
        status("queued"),
        status("processing", stage="rendering"),
        status("processing", stage="saving"),
        completed(),
    )
    page = open_page()
    generate(page, prompt="  The light turns to gold. ")

    expect(headline(page)).to_have_text("Your video is ready")
    video = page.get_by_label("Your video", exact=True)
    expect(video).to_be_visible()
    page.wait_for_function("() => document.querySelector('article video').currentTime > 0.2")
    download = page.get_by_role("link", name="Download")
    expect(download).to_have_attribute("href", "/clip.mp4?download")
    assert page.url.endswith(f"/#{JOB_ID}")
    assert page.title() == "videogen: make a photo move"
    [sent] = functions.starts
    assert sent.keys() == {"prompt", "photos", "aspectRatio"}
    assert sent["prompt"] == "The light turns to gold."
    assert sent["aspectRatio"] == "16:9"
    assert sent["photos"][0]["data"].startswith("data:image/jpeg;base64,/9j/")
    assert len(functions.starts) == 1
    assert axe_violations(page) == []


def test_an_empty_form_says_what_is_missing_and_takes_the_focus_there(
    open_page: OpenPage, functions: Functions
) -> None:
    page = open_page()
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("Add a photo first.")).to_be_visible()
    expect(page.get_by_text("Describe what happens in the video.")).to_be_visible()
    expect(page.get_by_label("Choose photos")).to_be_focused()
    assert axe_violations(page) == []

    page.get_by_label("Choose photos").set_input_files([upload(photo())])
    expect(page.get_by_text("Add a photo first.")).to_be_hidden()
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_label("What happens in the video?")).to_be_focused()
    assert functions.starts == []


def test_a_text_that_is_too_long_is_counted_and_kept(open_page: OpenPage, functions: Functions) -> None:
    page = open_page()
    generate(page, prompt="x" * 2001)
    expect(page.get_by_text("2,001 of 2,000 characters")).to_be_visible()
    expect(page.get_by_text("The text is too long.")).to_be_visible()
    expect(page.get_by_label("What happens in the video?")).to_have_value("x" * 2001)
    assert functions.starts == []


def test_a_chip_puts_its_sentence_in_and_takes_it_out(open_page: OpenPage) -> None:
    page = open_page()
    text = page.get_by_label("What happens in the video?")
    water = "The water ripples and glitters in the sun."
    chip = page.get_by_role("button", name="Water")
    text.fill("A boat.")
    chip.click()
    expect(text).to_have_value(f"A boat. {water}")
    expect(chip).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Push in").click()
    expect(text).to_have_value(f"A boat. {water} The camera moves in slowly and smoothly.")
    page.get_by_role("button", name="Hold still").click()
    expect(text).to_have_value(f"A boat. {water} The camera does not move.")
    page.get_by_role("button", name="Hold still").click()
    chip.click()
    expect(text).to_have_value("A boat.")
    # In the text the focus would bring up a phone's keyboard.
    expect(chip).to_be_focused()


def test_a_double_click_starts_one_job(open_page: OpenPage, functions: Functions) -> None:
    functions.states(RENDERING)
    page = open_page()
    fill(page)
    page.get_by_role("button", name="Generate").dblclick()
    expect(headline(page)).to_have_text("Making your video")
    page.get_by_role("link", name="New video").click()
    expect(page.get_by_role("listitem").filter(has=page.get_by_role("time"))).to_have_count(1)
    assert len(functions.starts) == 1


def test_the_wait_shows_the_stage_on_the_persons_own_photo(open_page: OpenPage, functions: Functions) -> None:
    page = open_page()
    for state, heading, stamp in (
        (status("queued"), "In the queue", "Queued"),
        (status("processing", stage="rendering"), "Making your video", "Rendering"),
        (status("processing", stage="saving"), "Saving your video", "Saving"),
    ):
        functions.states(state)
        if not functions.starts:
            generate(page)
        expect(headline(page)).to_have_text(heading)
        expect(page.get_by_role("list", name="Progress").locator("[aria-current=step]")).to_have_text(stamp)
        expect(page.get_by_role("timer")).to_contain_text("0:2")
        expect(page.get_by_role("img", name="Your photo", exact=True)).to_be_visible()
        assert page.title() == f"{stamp} … | videogen: make a photo move"
        assert axe_violations(page) == []


def test_who_leaves_a_job_in_the_moment_it_moves_on_is_not_taken_back(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(RENDERING)
    page = open_page()
    generate(page)
    expect(headline(page)).to_have_text("Making your video")
    # The address has changed, the page has not yet been told so, and is drawn anew.
    page.evaluate("() => { location.hash = '#new'; dispatchEvent(new Event('offline')) }")
    expect(headline(page)).to_have_text("Make a photo move.")
    assert page.url.endswith("/#new")


def test_the_time_left_is_a_range_from_past_runs(open_page: OpenPage, functions: Functions) -> None:
    functions.states(RENDERING)
    page = open_page()
    generate(page)
    says(page, "1\N{EN DASH}2 min left")


def test_the_end_of_a_stage_is_said_to_those_who_cannot_see_it(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(status("queued"), status("queued"), completed())
    page = open_page()
    generate(page)
    expect(page.get_by_role("status").filter(has_text="Your video is ready")).to_have_count(1)


# One of each kind: what it cost, and whether a retry makes sense.
KINDS = ("expired", "content_refused", "outcome_unknown", "video_gone", "video_refused", "save_failed")


@pytest.mark.parametrize("code", KINDS)
def test_each_failure_says_why_and_what_it_cost(
    open_page: OpenPage, functions: Functions, code: FailureCode
) -> None:
    meaning = FAILURES[code]
    costs = {"no": "Nothing was charged.", "yes": "It was charged.", "unknown": "It may have been charged."}
    functions.states(failed(code, meaning.charged, retryable=meaning.retryable))
    page = open_page()
    generate(page)
    expect(headline(page)).to_have_text("No video this time")
    says(page, costs[meaning.charged])
    again = "Save again for free" if code == "save_failed" else "Try again"
    wanted = [again] if meaning.retryable else []
    edit = "Change photo or text" if code == "content_refused" else "Edit"
    assert buttons(page) == [*wanted, edit]
    assert "The detail of" not in page.inner_text("article")
    if code == "save_failed":  # the fullest of them
        assert axe_violations(page) == []


def test_a_failed_job_is_tried_again_with_its_photos_and_text(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(failed("provider_busy"))
    page = open_page()
    generate(page)
    expect(headline(page)).to_have_text("No video this time")
    functions.states(RENDERING | {"jobId": "B" * 21 + "A"})
    functions.start = [Answer(202, accepted(jobId="B" * 21 + "A"))]
    page.get_by_role("button", name="Try again").click()
    expect(headline(page)).to_have_text("Making your video")
    expect(page.get_by_role("img", name="Your photo", exact=True)).to_be_visible()
    assert functions.starts[1] == {
        "prompt": "The light turns to gold.",
        "retryOf": JOB_ID,
        "ownerToken": OWNER_TOKEN,
        "aspectRatio": "16:9",
    }
    assert len(set(functions.keys)) == 2


def test_a_rescue_is_offered_as_what_it_is_and_never_held_back(
    open_page: OpenPage, functions: Functions, page_site: StaticSite
) -> None:
    page_site.settings = replace(page_site.settings, models=(Model("blackboxai/google/veo-3-fast", 0.8),))
    functions.states(failed("save_failed", "yes"))
    page = open_page()
    page.clock.install()
    generate(page)
    page.clock.fast_forward(4_000)
    says(page, "Saving it again is free while the provider still has it, for about an hour.")
    functions.start = [Answer(202, accepted(jobId="B" * 21 + "A"))]
    functions.states(status("processing", stage="saving", pollAfterMs=60_000, jobId="B" * 21 + "A"))
    page.get_by_role("button", name="Save again for free").click()
    expect(headline(page)).to_have_text("Saving your video")
    assert functions.starts[1]["retryOf"] == JOB_ID


def test_an_answer_that_may_still_come_is_waited_for(open_page: OpenPage, functions: Functions) -> None:
    unknown = failed("outcome_unknown", "unknown") | {"pollAfterMs": 20}
    functions.states(unknown, unknown, completed())
    page = open_page()
    generate(page)
    expect(headline(page)).to_have_text("Your video is ready")


def test_edit_brings_photos_shape_and_text_back_into_the_form(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(failed("content_refused", retryable=False))
    page = open_page()
    fill(page, photos=[photo(), photo(800, 1200)])
    page.get_by_label("Tall 9:16").check()
    page.get_by_role("button", name="Generate").click()
    page.get_by_role("button", name="Change photo or text").click()
    expect(headline(page)).to_have_text("Make a photo move.")
    expect(page.get_by_label("What happens in the video?")).to_have_value("The light turns to gold.")
    expect(page.get_by_role("list", name="Photos").get_by_role("img")).to_have_count(2)
    expect(page.get_by_label("Tall 9:16")).to_be_checked()
    page.get_by_role("button", name="Generate").click()
    wait_until(page, lambda: len(functions.starts) == 2)
    assert functions.starts[0] == functions.starts[1]


REFUSALS = [
    (problem(401, "access_code"), "The access code is wrong. Choose Edit to enter it again."),
    (
        problem(400, "invalid_input", errors=[{"field": "prompt", "message": "Prompt is required."}]),
        "Prompt is required.",
    ),
    (
        Answer(413, "<html>Request Entity Too Large</html>", "text/html"),
        "The photos are too large for this site.",
    ),
    (Answer(429, "slow down", "text/plain"), "This site is getting too many requests right now."),
    (problem(500, "misconfigured"), "This site is not fully set up. Please tell its operator."),
    (problem(410, "job_erased"), "That video has been erased."),
    # The last one: it cannot be tried again today.
    (
        replace(problem(429, "daily_limit"), headers={"Retry-After": "36000"}),
        "This site has reached its limit of videos for today.",
    ),
]


def test_a_refusal_says_why_and_that_nothing_was_charged(open_page: OpenPage, functions: Functions) -> None:
    page = open_page()
    fill(page)
    for answer, sentence in REFUSALS:
        functions.start = [answer]
        page.get_by_role("button", name="Try again" if functions.starts else "Generate").click()
        says(page, sentence)
        expect(headline(page)).to_have_text("The video was not started")
        says(page, "Nothing was charged.")
        assert sorted(buttons(page)) == ["Edit", "Try again"]
    assert functions.polls == []


def test_a_job_whose_worker_was_not_reached_is_told_as_it_ended(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.start = [problem(502, "worker_unreachable", jobId=JOB_ID, ownerToken=OWNER_TOKEN)]
    functions.states(failed("worker_unreachable"))
    page = open_page()
    generate(page)
    expect(headline(page)).to_have_text("No video this time")
    says(page, "The part of this site that makes videos could not be reached. Please try again.")
    assert len(functions.starts) == 1


def test_the_access_code_is_asked_for_where_it_is_needed_and_kept(
    open_page: OpenPage, functions: Functions, page_site: StaticSite
) -> None:
    page_site.settings = replace(page_site.settings, access_code=Secret("open sesame"))
    functions.states(RENDERING)
    page = open_page()
    generate(page)
    expect(page.get_by_text("Enter the access code.")).to_be_visible()
    expect(page.get_by_label("Access code")).to_be_focused()
    page.get_by_label("Access code").fill("open sesame")
    page.get_by_role("button", name="Generate").click()
    expect(headline(page)).to_have_text("Making your video")
    page.reload()
    page.get_by_role("link", name="New video").click()
    expect(page.get_by_label("Access code")).to_have_value("open sesame")
    assert functions.codes == ["open sesame"]


def test_no_code_is_asked_for_where_none_is_needed(open_page: OpenPage, functions: Functions) -> None:
    page = open_page()
    expect(page.get_by_label("Access code")).to_have_count(0)
    generate(page)
    wait_until(page, lambda: functions.codes == [None])


def test_the_price_of_the_chosen_model_is_shown_before_it_is_spent(
    open_page: OpenPage, functions: Functions, page_site: StaticSite
) -> None:
    models = (Model("blackboxai/google/veo-3-fast", 0.8), Model("blackboxai/google/veo-3", 2.4))
    page_site.settings = replace(page_site.settings, models=models, access_code=Secret("open sesame"))
    page = open_page()
    page.get_by_label("Access code").fill("open sesame")
    expect(page.get_by_text("US$0.80 for this video. You have 3 seconds to undo.")).to_be_visible()
    page.get_by_label("Model").select_option("veo-3")
    expect(page.get_by_text("US$2.40 for this video.")).to_be_visible()
    assert axe_violations(page) == []
    generate(page)
    wait_until(page, lambda: len(functions.starts) == 1)
    assert functions.starts[0]["model"] == "blackboxai/google/veo-3"


@pytest.mark.parametrize("late", [False, True])
def test_the_operators_settings_are_asked_for_again_before_anything_is_spent(
    new_context: Callable[..., BrowserContext],
    open_page: OpenPage,
    functions: Functions,
    page_site: StaticSite,
    *,
    late: bool,
) -> None:
    page_site.settings = replace(page_site.settings, models=(Model("blackboxai/google/veo-3-fast", 0.8),))
    context = new_context(service_workers="block")
    context.route("**/config.json", lambda route: route.abort("connectionreset"), times=None if late else 1)
    page = open_page(context=context)
    price = page.get_by_text("US$0.80 for this video. You have 3 seconds to undo.")
    if late:
        fill(page)
        expect(price).to_be_hidden()
        context.unroute("**/config.json")
        page.get_by_role("button", name="Generate").dblclick()
        expect(page.get_by_text(NEW_OFFER)).to_be_visible()
        expect(page.get_by_role("list", name="Photos").get_by_role("img")).to_have_count(1)
        assert functions.starts == []
    expect(price).to_be_visible()


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"models": (Model("a/veo", 1.2), Model("b/kling", 3.4))}, "US$3.40 for this video."),
        ({"models": (Model("a/veo", 1.2),)}, "US$1.20 for this video."),
        ({"access_code": Secret("open sesame")}, "You need a code to make videos on this site."),
        ({"paused": "Back on Monday."}, "Back on Monday."),
    ],
    ids=["price", "model", "code", "pause"],
)
def test_a_press_on_an_old_offer_shows_the_new_one_and_sends_nothing(
    open_page: OpenPage, functions: Functions, page_site: StaticSite, change: dict[str, Any], shown: str
) -> None:
    page_site.settings = replace(page_site.settings, models=(Model("a/veo", 0.8), Model("b/kling", 2.4)))
    page = open_page()
    fill(page)
    page.get_by_label("Model").select_option("kling")
    page_site.settings = replace(page_site.settings, **change)
    page.get_by_role("button", name="Generate").dblclick()
    expect(page.get_by_text(NEW_OFFER)).to_be_visible()
    expect(page.get_by_text(shown)).to_be_visible()
    expect(page.get_by_label("What happens in the video?")).to_have_value("The light turns to gold.")
    expect(page.get_by_role("list", name="Photos").get_by_role("img")).to_have_count(1)
    assert functions.starts == []
    assert axe_violations(page) == []
    if "access_code" in change:
        page.get_by_label("Access code").fill("open sesame")
    page.get_by_role("button", name="Generate").click()
    wait_until(page, lambda: len(functions.starts) == 1)


def test_another_take_at_an_old_price_shows_the_new_one_and_sends_nothing(
    open_page: OpenPage, functions: Functions, page_site: StaticSite
) -> None:
    page_site.settings = replace(page_site.settings, models=(Model("a/veo", 0.8),))
    functions.states(completed())
    page = open_page()
    generate(page)
    expect(headline(page)).to_have_text("Your video is ready")
    page_site.settings = replace(page_site.settings, models=(Model("a/veo", 1.2),))
    page.get_by_role("button", name="Another take, US$0.80").click()
    expect(page.get_by_text(NEW_OFFER)).to_be_visible()
    assert len(functions.starts) == 1
    page.get_by_role("button", name="Another take, US$1.20").click()
    wait_until(page, lambda: len(functions.starts) == 2)


def test_settings_that_never_come_leave_no_blank_page(
    new_context: Callable[..., BrowserContext], page_site: StaticSite
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page = new_context(service_workers="block").new_page()
    page.clock.install()
    page.route("**/config.json", hold)
    page.goto(page_site.url, wait_until="commit")
    wait_until(page, lambda: len(held) == 1)
    page.clock.run_for(5_000)
    expect(headline(page)).to_have_text("Make a photo move.")


def test_undo_takes_everything_back_before_anything_is_sent(
    open_page: OpenPage, functions: Functions, page_site: StaticSite
) -> None:
    page_site.settings = replace(page_site.settings, models=(Model("blackboxai/google/veo-3-fast", 0.8),))
    page = open_page()
    generate(page)
    expect(headline(page)).to_have_text("Starting in a moment")
    assert axe_violations(page) == []
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("What happens in the video?")).to_have_value("The light turns to gold.")
    expect(page.get_by_role("list", name="Photos").get_by_role("img")).to_have_count(1)
    expect(page.get_by_text("Nothing here yet.")).to_be_visible()
    assert functions.starts == []


def test_without_a_press_on_undo_it_is_sent_after_three_seconds(
    open_page: OpenPage, functions: Functions, page_site: StaticSite
) -> None:
    page_site.settings = replace(page_site.settings, models=(Model("blackboxai/google/veo-3-fast", 0.8),))
    functions.states(RENDERING)
    page = open_page()
    page.clock.install()
    stop_clock(page)
    generate(page)
    expect(headline(page)).to_have_text("Starting in a moment")
    page.clock.fast_forward(2_500)
    assert functions.starts == []
    page.clock.fast_forward(1_000)
    page.clock.resume()
    expect(headline(page)).to_have_text("Making your video")
    assert len(functions.starts) == 1


def test_cancel_while_it_is_made_says_first_that_it_may_cost(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(RENDERING)
    functions.cancel = [
        Answer(200, status("canceled", failure=failure("canceled", "unknown", retryable=True)))
    ]
    page = open_page()
    generate(page)
    expect(headline(page)).to_have_text("Making your video")
    page.get_by_role("button", name="Cancel").click()
    dialog = page.get_by_role("dialog", name="Cancel this video?")
    expect(dialog).to_contain_text("cannot be stopped")
    expect(dialog.get_by_role("button", name="Keep going")).to_be_focused()
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the video").click()
    expect(headline(page)).to_have_text("Canceled")
    says(page, "It may have been charged.")
    assert functions.cancels == [{"jobId": JOB_ID, "ownerToken": OWNER_TOKEN}]
    assert axe_violations(page) == []


def test_a_cancel_that_comes_too_late_shows_how_the_job_ended(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(status("processing", stage="rendering", pollAfterMs=1_000))
    functions.cancel = [problem(409, "job_ended", jobId=JOB_ID)]
    page = open_page()
    generate(page)
    expect(headline(page)).to_have_text("Making your video")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the video").click()
    functions.states(completed())  # no earlier: a job that ends takes the question away
    expect(headline(page)).to_have_text("Your video is ready")


def test_a_link_to_the_video_that_is_shown_leads_back_to_it(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(completed())
    page = open_page(viewport={"width": 800, "height": 400})
    generate(page, prompt="Wind.")
    expect(headline(page)).to_have_text("Your video is ready")

    page.get_by_role("region", name="Your videos").get_by_role("link", name="Wind.").click()

    page.wait_for_function("() => scrollY === 0")
    expect(headline(page)).to_be_focused()


def test_delete_here_keeps_the_video_at_its_link(open_page: OpenPage, functions: Functions) -> None:
    functions.states(completed())
    page = open_page()
    generate(page)
    press_more(page, "Delete …")
    assert axe_violations(page) == []
    page.get_by_role("button", name="Remove from this browser").click()
    expect(page.get_by_text("Nothing here yet.")).to_be_visible()
    expect(headline(page)).to_have_text("Make a photo move.")
    assert functions.cancels == []
    page.reload()
    expect(page.get_by_text("Nothing here yet.")).to_be_visible()


def test_erase_everywhere_asks_the_site_and_stays_where_that_fails(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(completed())
    functions.cancel = [None, Answer(200, status("completed", deletedAt="2026-11-20T10:00:00.000Z"))]
    page = open_page()
    generate(page)
    for outcome in ("It could not be erased. Please try again.", "Erased everywhere."):
        press_more(page, "Delete …")
        page.get_by_role("button", name="Erase everywhere").click()
        expect(page.get_by_text(outcome)).to_be_visible()
    assert functions.cancels[1] == {"jobId": JOB_ID, "ownerToken": OWNER_TOKEN, "delete": True}
    expect(page.get_by_text("Nothing here yet.")).to_be_visible()


def test_an_erase_that_fails_asks_for_no_second_one_of_a_removed_job(
    new_context: Callable[..., BrowserContext], open_page: OpenPage, functions: Functions
) -> None:
    functions.states(completed())
    functions.cancel = [None]
    context = new_context(service_workers="block")
    page = open_page(context=context)
    generate(page)
    press_more(page, "Delete …")
    other = open_page(f"/#{JOB_ID}", context=context)
    press_more(other, "Delete …")
    other.get_by_role("button", name="Remove from this browser").click()
    expect(other.get_by_text("Nothing here yet.")).to_be_visible()
    expect(headline(page)).to_have_text("Make a photo move.")
    page.get_by_role("button", name="Erase everywhere").click()
    expect(page.get_by_text("Another tab has removed it from this browser.")).to_be_visible()


def test_a_link_from_someone_else_shows_a_visitor_s_page(open_page: OpenPage, functions: Functions) -> None:
    functions.states(completed())
    page = open_page(f"/#{JOB_ID}")
    expect(headline(page)).to_have_text("A photo that moves")
    assert buttons(page) == ["Download", "Share"]
    expect(page.get_by_text("The light turns to gold.")).to_have_count(0)
    expect(page.get_by_text("Nothing here yet.")).to_be_hidden()
    assert "your " not in page.get_by_role("main").inner_text().lower()
    expect(page.get_by_role("link", name="Make your own")).to_be_visible()
    assert axe_violations(page) == []


def is_copied(page: Page, end: str) -> bool:
    """Whether the clipboard has a link with this end."""
    return str(page.evaluate("() => navigator.clipboard.readText()")).endswith(end)


def test_the_maker_s_text_goes_with_a_link_only_if_they_say_so(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(completed())
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    generate(page)
    expect(headline(page)).to_have_text("Your video is ready")
    for shows_text, link in ((False, f"#{JOB_ID}"), (True, f"#{JOB_ID}+text")):
        page.get_by_role("button", name="Share").click()
        tick = page.get_by_label("Show my text, too")
        expect(tick).not_to_be_checked()
        tick.set_checked(shows_text)
        page.get_by_role("button", name="Copy the link").click()
        # The first link's message may still be there when the second is pressed: only the clipboard tells.
        end = f"/{link}"
        wait_until(page, partial(is_copied, page, end))
        expect(page.get_by_text("Link copied.")).to_be_visible()
    friend = open_page(f"/#{JOB_ID}+text")
    says(friend, "The light turns to gold.")


@pytest.mark.parametrize("change", ["%2btext.", "?fbclid=1"])
def test_a_link_that_a_messenger_changed_leads_to_its_video(
    open_page: OpenPage, functions: Functions, change: str
) -> None:
    functions.states(completed())
    page = open_page(f"/#{JOB_ID}{change}")
    expect(page.get_by_role("article").locator("video")).to_be_visible()
    text = page.get_by_role("article").get_by_text("The light turns to gold.")
    expect(text).to_have_count(int("text" in change))


@pytest.mark.parametrize(
    ("answer", "heading", "offered"),
    [
        (problem(404, "job_not_found"), "Video not found", ["Remove from this browser"]),
        (
            Answer(200, status("completed", deletedAt="2026-11-20T10:00:00.000Z", prompt="")),
            "This video has been erased",
            ["Remove from this browser"],
        ),
        (Answer(200, failed("provider_busy")), "This video could not be made", []),
    ],
    ids=["unknown", "erased", "failed"],
)
def test_a_link_that_leads_nowhere_says_so(
    open_page: OpenPage, functions: Functions, answer: Answer, heading: str, offered: list[str]
) -> None:
    functions.status = [answer]
    page = open_page(f"/#{JOB_ID}")
    expect(headline(page)).to_have_text(heading)
    # No frame that stays empty, and nothing to erase that is gone.
    expect(page.get_by_role("article").get_by_role("figure")).to_have_count(0)
    assert buttons(page) == offered
    assert axe_violations(page) == []
    if offered:
        page.get_by_role("button", name=offered[0]).click()
        expect(page.get_by_text("Removed from this browser.")).to_be_visible()
        expect(headline(page)).to_have_text("Make a photo move.")


def test_a_site_that_stays_silent_is_said_to_be_and_can_be_asked_at_once(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.status = [Answer(200, status("processing", stage="rendering", pollAfterMs=1_000)), None]
    page = open_page()
    page.clock.install()
    generate(page)
    expect(headline(page)).to_have_text("Making your video")
    for _ in range(6):
        page.clock.run_for(5_000)
    says(page, "The site has not answered since")
    assert axe_violations(page) == []
    functions.states(completed())
    page.get_by_role("button", name="Check now").click()
    expect(headline(page)).to_have_text("Your video is ready")


def test_a_video_link_that_stops_working_is_renewed_where_it_stood(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(completed(videoUrl="/gone.mp4"), completed())
    page = open_page(f"/#{JOB_ID}")
    page.wait_for_function("() => document.querySelector('article video')?.currentTime > 0")
    assert len(functions.polls) == 2


def test_what_was_erased_from_another_browser_leaves_this_one_too(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(completed())
    page = open_page()
    generate(page)
    expect(headline(page)).to_have_text("Your video is ready")
    functions.states(status("completed", prompt="", deletedAt="2026-11-20T10:00:00.000Z"))
    page.reload()
    expect(headline(page)).to_have_text("Erased everywhere")
    page.reload()
    expect(page.get_by_role("region", name="Your videos").get_by_role("listitem")).to_contain_text("Erased")
    expect(page.locator("img:visible")).to_have_count(0)
    expect(page.get_by_text("The light turns to gold.")).to_have_count(0)


SHARING = """
  window.shared = []
  navigator.canShare = data => Boolean(data.files)
  navigator.share = async data => {
    if (window.refusal) throw new DOMException('no', window.refusal)
    window.shared.push([data.files[0].name, data.files[0].type, data.files[0].size > 1000])
  }
"""


def test_on_a_phone_save_opens_the_share_sheet_with_the_video(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(completed())
    page = open_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page.add_init_script(SHARING)
    page.reload()
    generate(page)
    page.evaluate("() => { window.refusal = 'NotAllowedError' }")
    page.get_by_role("button", name="Save or share").tap()
    expect(page.get_by_role("button", name="Ready: save now")).to_be_visible()
    page.evaluate("() => { window.refusal = '' }")
    page.get_by_role("button", name="Ready: save now").tap()
    wait_until(page, lambda: page.evaluate("() => window.shared.length") == 1)
    assert page.evaluate("() => window.shared") == [[f"{JOB_ID}.mp4", "video/mp4", True]]
    expect(page.get_by_role("button", name="Save or share")).to_be_visible()
    expect(page.get_by_role("link", name="Download")).to_be_visible()


def test_where_the_page_may_not_read_the_video_save_downloads_it(
    open_page: OpenPage, functions: Functions
) -> None:
    functions.states(completed(videoUrl="/gone.mp4"))
    page = open_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page.add_init_script(SHARING)
    page.reload()
    generate(page)
    with page.expect_download():
        page.get_by_role("button", name="Save or share").tap()


def test_a_download_that_cannot_be_is_told_on_the_page(open_page: OpenPage, functions: Functions) -> None:
    functions.states(completed())
    page = open_page()
    generate(page)
    download = page.get_by_role("link", name="Download")
    with page.expect_download():
        download.click()
    functions.status = [None]
    download.click()
    expect(page.get_by_text("The site could not be reached.")).to_be_visible()
    expect(headline(page)).to_have_text("Your video is ready")


def test_the_link_is_copied(open_page: OpenPage, functions: Functions) -> None:
    functions.states(completed())
    page = open_page(f"/#{JOB_ID}", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_text("Link copied.")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == page.url


def test_the_simulator_wears_a_badge_and_the_real_one_does_not(
    open_page: OpenPage, page_site: StaticSite
) -> None:
    expect(open_page().get_by_text("Simulator")).to_be_visible()
    page_site.settings = replace(page_site.settings, simulated=False)
    expect(open_page().get_by_text("Simulator")).to_be_hidden()
