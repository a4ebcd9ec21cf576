"""One module per function: event in, response out. The only place that knows HTTP."""

import os
from contextlib import suppress


def before_import(handler: str) -> None:
    """Begin to connect to the store; the host calls this before it imports the handler's module."""
    from videogen import settings, tls  # noqa: PLC0415 - the CLI imports this package too, and needs none of it
    from videogen.errors import SettingsError  # noqa: PLC0415 - as above

    with suppress(SettingsError):  # the first answer names what is wrong
        # A start reads the durations while it stores its first photo.
        tls.open_early(settings.read(os.environ).s3.bucket_url, 2 if "start_video" in handler else 1)
