"""What a request may hold; the page shows the same numbers."""

from __future__ import annotations

MAX_PHOTOS = 4
MAX_PHOTO_BYTES = 4_000_000
"""All photos of a request together, decoded."""
MAX_PROMPT_CHARACTERS = 2000
MAX_BODY_BYTES = 5_500_000
"""Above 6 MB the platform answers by itself; below this it is our own words that say so."""
