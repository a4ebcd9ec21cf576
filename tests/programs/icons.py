"""Draw the page's pictures for phones and messengers from public/icon.svg: run after a change of it.

    .venv/bin/python tests/programs/icons.py

Writes the manifest's icons and the picture that a messenger shows beside a link.
"""

from __future__ import annotations

import html
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support.page_under_test import launch  # noqa: E402 - found through the line above

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PUBLIC = ROOT / "public"
ICON = (PUBLIC / "icon.svg").read_text(encoding="utf-8")
INK, PAPER = "#f4f5f5", "#15181b"
SAFE = 0.8
"""What a phone's mask leaves of a maskable icon: https://www.w3.org/TR/appmanifest/#icon-masks."""
NAME, LINE = "videogen", "Make a photo move."


def draw(browser: Browser, body: str, *, width: int, height: int, name: str) -> None:
    """Write a page's body as a picture."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_content(
        f"<style>body {{ margin: 0; background: {PAPER}; color: {INK}; font: 600 64px sans-serif;"
        f" height: 100vh; display: flex; align-items: center; justify-content: center; gap: 48px }}"
        f" svg {{ display: block }} p {{ margin: 0; font: 400 40px sans-serif }}</style>{body}"
    )
    page.screenshot(path=PUBLIC / name)
    page.close()


def icon(size: int) -> str:
    """Return the icon at a size in pixels."""
    return ICON.replace("<svg ", f'<svg width="{size}" height="{size}" ', 1)


def main() -> None:
    """Draw them all."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for size in (192, 512):
            draw(browser, icon(size), width=size, height=size, name=f"icon-{size}.png")
        draw(browser, icon(round(512 * SAFE)), width=512, height=512, name="icon-maskable.png")
        words = f"<div>{html.escape(NAME)}<p>{html.escape(LINE)}</p></div>"
        draw(browser, icon(240) + words, width=1200, height=630, name="preview.png")
        browser.close()


if __name__ == "__main__":
    main()
