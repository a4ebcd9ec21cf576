"""A scheduled function: every night at two, for up to 30 seconds."""

config = {"schedule": "0 2 * * *"}


async def handler(event, _context):
    """Run by Netlify's clock."""
    print(f"nightly run, asked for by {event['httpMethod']}")
    return {"done": True}
