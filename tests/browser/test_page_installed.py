"""The page as an app on a phone: it can be installed, and takes photos that another app shares."""

from __future__ import annotations

import base64
import json
import struct
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from support.page_under_test import ROOT, generate, photo

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

    from support.page_under_test import StaticSite

    OpenPage = Callable[..., Page]

SHARE = """async base64 => {
  const photo = await (await fetch(`data:image/jpeg;base64,${base64}`)).blob()
  const body = new FormData()
  body.append('photos', new File([photo], 'a lake.jpg', { type: 'image/jpeg' }))
  await fetch('/share', { method: 'POST', body, redirect: 'manual' })
}"""


def test_the_browser_finds_nothing_that_keeps_it_from_being_installed(
    new_context: Callable[..., BrowserContext], page_site: StaticSite
) -> None:
    page = new_context().new_page()
    page.goto(page_site.url)
    session = page.context.new_cdp_session(page)
    assert session.send("Page.getAppManifest")["errors"] == []
    assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] in (
        [],
        [{"errorId": "in-incognito", "errorArguments": []}],  # a test's browser leaves nothing behind
    )


def test_each_icon_has_the_size_that_the_manifest_says() -> None:
    manifest = json.loads((ROOT / "public/manifest.webmanifest").read_text())
    for icon in manifest["icons"]:
        body = (ROOT / f"public{icon['src']}").read_bytes()
        if icon["type"] == "image/png":
            width, height = struct.unpack(">II", body[16:24])
            assert f"{width}x{height}" == icon["sizes"]


def test_a_photo_that_another_app_shares_is_in_the_form(
    open_page: OpenPage, new_context: Callable[..., BrowserContext]
) -> None:
    page = open_page(context=new_context(bypass_csp=True))
    generate(page)
    page.evaluate("async () => { await navigator.serviceWorker.ready }")
    page.wait_for_function("() => navigator.serviceWorker.controller", polling=100)
    page.evaluate(SHARE, base64.b64encode(photo(320, 240)).decode())
    page.goto(page.url.split("#")[0] + "?shared")
    expect(page.get_by_role("list", name="Photos").get_by_role("img")).to_have_count(1)
    assert page.url.endswith("/")
    page.goto(page.url + "?shared")
    expect(page.get_by_text("The photo did not arrive. Please add it here.")).to_be_visible()
