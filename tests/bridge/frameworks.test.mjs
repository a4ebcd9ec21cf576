/** What people bring along, as they write it: frameworks, adapters, and libraries for AWS Lambda. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { load, makeProject, PYTHON } from './project.mjs'

/** @type {Record<string, string>} each answers /api/items/7?color=red with the same JSON and a cookie */
const FUNCTIONS = {
  'FastAPI by its protocol': `
from fastapi import FastAPI, Response
app = FastAPI()
@app.get("/api/items/{item}")
def read(item: int, color: str, response: Response):
    response.set_cookie("a", "1"); response.set_cookie("b", "2")
    return {"item": item, "color": color}
@app.post("/api/echo")
async def echo(request: __import__("fastapi").Request):
    return Response(await request.body(), media_type="application/octet-stream")
`,
  'Starlette with middleware around it': `
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
async def read(request):
    response = JSONResponse({"item": int(request.path_params["item"]), "color": request.query_params["color"]})
    response.set_cookie("a", "1"); response.set_cookie("b", "2")
    return response
async def echo(request):
    return Response(await request.body(), media_type="application/octet-stream")
app = GZipMiddleware(Starlette(routes=[Route("/api/items/{item}", read), Route("/api/echo", echo, methods=["POST"])]), minimum_size=10**6)
`,
  Litestar: `
from litestar import Litestar, Request, Response, get, post
@get("/api/items/{item:int}")
async def read(item: int, color: str) -> Response[dict]:
    response = Response({"item": item, "color": color})
    response.set_cookie("a", "1"); response.set_cookie("b", "2")
    return response
@post("/api/echo", status_code=200)
async def echo(request: Request) -> Response[bytes]:
    return Response(await request.body(), media_type="application/octet-stream")
app = Litestar([read, echo])
`,
  'Mangum by hand': `
from fastapi import FastAPI, Request, Response
from mangum import Mangum
api = FastAPI()
@api.get("/api/items/{item}")
def read(item: int, color: str, response: Response):
    response.set_cookie("a", "1"); response.set_cookie("b", "2")
    return {"item": item, "color": color}
@api.post("/api/echo")
async def echo(request: Request):
    return Response(await request.body(), media_type="application/octet-stream")
handler = Mangum(api, lifespan="off")
`,
  Flask: `
from flask import Flask, jsonify, request
app = Flask(__name__)
@app.get("/api/items/<int:item>")
def read(item):
    response = jsonify(item=item, color=request.args["color"])
    response.set_cookie("a", "1"); response.set_cookie("b", "2")
    return response
@app.post("/api/echo")
def echo():
    return request.get_data(), 200, {"Content-Type": "application/octet-stream"}
`,
  'Flask behind a proxy fix': `
from flask import Flask, jsonify, request
from werkzeug.middleware.proxy_fix import ProxyFix
flask = Flask(__name__)
@flask.get("/api/items/<int:item>")
def read(item):
    response = jsonify(item=item, color=request.args["color"])
    response.set_cookie("a", "1"); response.set_cookie("b", "2")
    return response
@flask.post("/api/echo")
def echo():
    return request.get_data(), 200, {"Content-Type": "application/octet-stream"}
application = ProxyFix(flask)
`,
  Django: `
import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
settings.configure(SECRET_KEY="x", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__)
def read(request, item):
    response = JsonResponse({"item": item, "color": request.GET["color"]})
    response.set_cookie("a", "1"); response.set_cookie("b", "2")
    return response
@csrf_exempt
def echo(request):
    return HttpResponse(request.body, content_type="application/octet-stream")
urlpatterns = [path("api/items/<int:item>", read), path("api/echo", echo)]
app = get_wsgi_application()
`,
  Bottle: `
from bottle import Bottle, request, response
app = Bottle()
@app.get("/api/items/<item:int>")
def read(item):
    response.set_cookie("a", "1"); response.set_cookie("b", "2")
    return {"item": item, "color": request.query.color}
@app.post("/api/echo")
def echo():
    response.content_type = "application/octet-stream"
    return request.body.read()
`,
  'Falcon, compiled': `
import falcon
class Item:
    def on_get(self, request, response, item):
        response.media = {"item": int(item), "color": request.get_param("color")}
        response.set_cookie("a", "1"); response.set_cookie("b", "2")
class Echo:
    def on_post(self, request, response):
        response.content_type = "application/octet-stream"
        response.data = request.bounded_stream.read()
app = falcon.App()
app.add_route("/api/items/{item}", Item())
app.add_route("/api/echo", Echo())
`,
  'serverless-wsgi by hand': `
import serverless_wsgi
from flask import Flask, jsonify, request
flask = Flask(__name__)
@flask.get("/api/items/<int:item>")
def read(item):
    response = jsonify(item=item, color=request.args["color"])
    response.set_cookie("a", "1"); response.set_cookie("b", "2")
    return response
@flask.post("/api/echo")
def echo():
    return request.get_data(), 200, {"Content-Type": "application/octet-stream"}
def handler(event, context):
    return serverless_wsgi.handle_request(flask, event, context)
`,
  'awsgi2 by hand': `
import awsgi2
from flask import Flask, jsonify, request
flask = Flask(__name__)
@flask.get("/api/items/<int:item>")
def read(item):
    response = jsonify(item=item, color=request.args["color"])
    response.set_cookie("a", "1"); response.set_cookie("b", "2")
    return response
@flask.post("/api/echo")
def echo():
    return request.get_data(), 200, {"Content-Type": "application/octet-stream"}
def handler(event, context):
    return awsgi2.response(flask, event, context, base64_content_types={"application/octet-stream"})
`,
  'Powertools, an app of its own': `
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.shared.cookies import Cookie
logger = Logger(service="test")
app = APIGatewayRestResolver()
@app.get("/api/items/<item>")
def read(item):
    color = app.current_event.get_query_string_value("color")
    return Response(200, "application/json", __import__("json").dumps({"item": int(item), "color": color}),
                    cookies=[Cookie("a", "1"), Cookie("b", "2")])
@app.post("/api/echo")
def echo():
    return Response(200, "application/octet-stream", __import__("base64").b64decode(app.current_event.body))
@logger.inject_lambda_context(log_event=False)
def lambda_handler(event, context):
    return app.resolve(event, context)
`,
}

const packages = mkdtempSync(path.join(os.tmpdir(), 'frameworks-'))

before(() => {
  const list = path.join(import.meta.dirname, 'frameworks.txt')
  const options = ['--quiet', '--python', PYTHON, '--target', packages, '--require-hashes', '-r', list]
  execFileSync('uv', ['pip', 'install', ...options], { stdio: 'inherit' })
})

after(() => rmSync(packages, { recursive: true }))

/**
 * @param {import('node:test').TestContext} t
 * @param {string} source
 */
async function functionOf(t, source) {
  const folder = makeProject(t, '')
  const file = path.join(folder, '.netlify/python/bundle/python.json')
  const settings = JSON.parse(readFileSync(file, 'utf8'))
  // Isolated from the tests' own packages.
  writeFileSync(
    file,
    JSON.stringify({ ...settings, arguments: ['-I', '-S'], path: [...settings.path, packages] }),
  )
  mkdirSync(path.join(folder, 'functions'))
  writeFileSync(path.join(folder, 'functions/api.py'), source)
  return load(t, folder, { handler: 'api.py', timeoutSeconds: 60 })
}

for (const [title, source] of Object.entries(FUNCTIONS)) {
  test(`${title} answers with JSON, two cookies and bytes`, async t => {
    const { call, lines } = await functionOf(t, source)
    const read = await call(new Request('https://site.example/api/items/7?color=red'))
    assert.equal(read.status, 200, lines.map(({ text }) => text).join('\n'))
    assert.deepEqual(await read.json(), { item: 7, color: 'red' })
    const cookies = read.headers.getSetCookie().map(cookie => cookie.split(';')[0])
    // awsgi2 itself keeps the last of several.
    assert.deepEqual(cookies.toSorted(), title.startsWith('awsgi2') ? ['b=2'] : ['a=1', 'b=2'])
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    const headers = { 'Content-Type': 'application/octet-stream' }
    const echo = await call(
      new Request('https://site.example/api/echo', { method: 'POST', headers, body: bytes }),
    )
    assert.deepEqual(new Uint8Array(await echo.arrayBuffer()), bytes)
    const missing = await call(new Request('https://site.example/api/none'))
    assert.equal(missing.status, 404)
  })
}

/** @type {Record<string, string>} each answers with text in UTF-16, as spreadsheets like it */
const TABLES = {
  Flask: `
from flask import Flask, Response
app = Flask(__name__)
@app.get("/")
def table():
    return Response("a;é".encode("utf-16"), content_type="text/csv; charset=utf-16")
`,
  Django: `
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
settings.configure(SECRET_KEY="x", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__)
urlpatterns = [path("", lambda _: HttpResponse("a;é", content_type="text/csv; charset=utf-16"))]
app = get_wsgi_application()
`,
  FastAPI: `
from fastapi import FastAPI, Response
app = FastAPI()
@app.get("/")
def table():
    return Response("a;é".encode("utf-16"), media_type="text/csv; charset=utf-16")
`,
}

for (const [title, source] of Object.entries(TABLES)) {
  test(`${title} may answer with text that is no UTF-8`, async t => {
    const { call, lines } = await functionOf(t, source)
    const response = await call(new Request('https://site.example/'))
    assert.equal(response.status, 200, lines.map(({ text }) => text).join('\n'))
    assert.equal(response.headers.get('content-type'), 'text/csv; charset=utf-16')
    assert.equal(new TextDecoder('utf-16').decode(await response.arrayBuffer()), 'a;é')
  })
}

test("powertools' logger finds all of the context that it writes", async t => {
  const { call, lines } = await functionOf(
    t,
    FUNCTIONS['Powertools, an app of its own']?.replace(
      'return app.resolve',
      'logger.info("seen"); return app.resolve',
    ) ?? '',
  )
  await call(new Request('https://site.example/api/items/7?color=red'))
  const line = JSON.parse(lines.find(({ text }) => text.includes('"seen"'))?.text ?? '{}')
  assert.deepEqual(
    [line.function_name, line.function_memory_size, line.function_arn, line.function_request_id],
    ['api.py', 1024, 'arn:aws:lambda:us-east-2:000000000000:function:api.py', 'request-1'],
  )
})
