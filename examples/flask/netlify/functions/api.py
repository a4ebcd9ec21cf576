"""A Flask application as one Netlify function."""

from flask import Flask, jsonify, make_response, request

config = {"path": "/api/*"}

app = Flask(__name__)


@app.get("/api/items/<int:item>")
def read_item(item):
    """Count how often this browser has asked."""
    visits = int(request.cookies.get("visits", 0)) + 1
    response = make_response(jsonify(item=item, visits=visits))
    response.set_cookie("visits", str(visits))
    return response


@app.post("/api/uploads")
def upload():
    """Tell the size of a file."""
    file = request.files["file"]
    return jsonify(name=file.filename, bytes=len(file.read()))
