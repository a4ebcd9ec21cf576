"""A FastAPI application as one Netlify function."""

from typing import Annotated

from fastapi import Cookie, FastAPI, Response, UploadFile

config = {"path": "/api/*"}

app = FastAPI()


@app.get("/api/items/{item}")
def read_item(item: int, response: Response, visits: Annotated[int, Cookie()] = 0) -> dict[str, int]:
    """Count how often this browser has asked."""
    response.set_cookie("visits", str(visits + 1))
    return {"item": item, "visits": visits + 1}


@app.post("/api/uploads")
async def upload(file: UploadFile) -> dict[str, object]:
    """Tell the size of a file."""
    return {"name": file.filename, "bytes": len(await file.read())}
