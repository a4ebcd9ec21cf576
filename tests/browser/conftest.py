"""What the browser tests share: one real browser, the real site, the page with functions of the test's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect, sync_playwright

from support.page_under_test import IN_LAB, Complaints, Functions, Held, StaticSite, launch
from videogen.settings import SiteSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

# Lighthouse is installed for `make lab` alone.
collect_ignore = [] if IN_LAB else ["test_page_lighthouse.py"]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    # A busy machine may take its time; a page that is wrong stays wrong.
    expect.set_options(timeout=20_000)
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    running = launch(playwright)
    yield running
    running.close()


@pytest.fixture(scope="session")
def static_site() -> Iterator[StaticSite]:
    running = StaticSite()
    yield running
    running.stop()


@pytest.fixture
def page_site(static_site: StaticSite) -> Iterator[StaticSite]:
    """Yield the page's files on a server of their own, with a site's default settings."""
    static_site.settings = SiteSettings(simulated=True)
    static_site.held = Held()
    yield static_site
    static_site.held.may_answer.set()


@pytest.fixture
def functions() -> Functions:
    return Functions()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Return a function that makes a browser of its own; at the end no page of it may have complained."""
    contexts: list[BrowserContext] = []
    complaints = Complaints()

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(
            **{"locale": "en-GB", "viewport": {"width": 1280, "height": 860}} | options
        )
        context.set_default_timeout(10_000)
        context.on("page", complaints.watch)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert complaints.found == []


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """Return a new visitor's page, on nothing yet."""
    return new_context().new_page()


@pytest.fixture
def open_page(
    new_context: Callable[..., BrowserContext], page_site: StaticSite, functions: Functions
) -> Callable[..., Page]:
    """Return a function that opens the page alone, `functions` behind it."""

    def open_it(
        path: str = "/", *, context: BrowserContext | None = None, holds_starts: bool = False, **options: Any
    ) -> Page:
        opened = (context or new_context(service_workers="block", **options)).new_page()
        functions.attach(opened, starts=not holds_starts)
        opened.goto(page_site.url + path)
        opened.get_by_role("heading", level=1).wait_for()
        return opened

    return open_it
