"""The main job in a real browser on the real site: a photo goes in, and its own video plays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from support.functions_under_test import photo

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from support.dev_site import DevSite

COLOURS_OF_A_FRAME = """async video => {
  const blob = await (await fetch(video.currentSrc)).blob()
  const own = document.createElement('video')
  own.muted = true
  own.src = URL.createObjectURL(blob)
  await new Promise((resolve, reject) => {
    own.onerror = reject
    own.onloadeddata = () => {
      own.requestVideoFrameCallback(resolve)
      own.currentTime = 1
    }
  })
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 1
  const context = canvas.getContext('2d')
  context.drawImage(own, 0, 0, 1, 1)
  return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)]
}"""


def test_a_photo_becomes_a_playing_video_of_that_photo(dev_site: DevSite, page: Page) -> None:
    bought = len(dev_site.ledger())
    page.goto(dev_site.url)
    page.locator("input[type=file]").first.set_input_files(
        {"name": "red.jpg", "mimeType": "image/jpeg", "buffer": photo((1600, 900), color="#c8281e")}
    )
    page.get_by_role("textbox").first.fill("slow pan over the lake")
    page.get_by_role("button", name="Generate").click()

    video = page.get_by_role("article").locator("video")
    expect(video).to_be_visible(timeout=60_000)
    video.evaluate("video => { video.muted = true; return video.play() }")
    page.wait_for_function("() => document.querySelector('article video').currentTime > 0.3")

    red, green, blue = video.evaluate(COLOURS_OF_A_FRAME)
    assert red > 150
    assert max(green, blue) < 90
    assert len(dev_site.ledger()) - bought == 1
