"""Every code block of the README and the docs is executed or checked, and every link leads somewhere."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tomllib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import botocore
import botocore.session
import pytest
from typer.main import get_command

import host
from support import markdown_pages
from support.markdown_pages import PAGES, ROOT, Block, blocks
from videogen import settings
from videogen.cli import rules
from videogen.cli.app import app
from videogen.functions import wiring
from videogen.variables import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def each(*languages: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("block", blocks(*languages), ids=str)


def test_every_block_is_in_a_language_that_is_checked_here() -> None:
    assert {block.language for block in blocks()} <= {
        "sh",
        "json",
        "toml",
        "js",
        "html",
        "python",
        "text",
        "yaml",
        "ini",
    }


# --- commands ----------------------------------------------------------------------------------------------


@each("sh")
def test_each_command_is_one_that_there_is(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for line in block.text.replace("\\\n", "").splitlines():
        words = shlex.split(line, comments=True)
        while words and re.fullmatch(r"[A-Z_0-9]+=.*", words[0]):
            words = words[1:]
        if words:
            assert words[0] in CHECKS, f"{block}: {words[0]} is not a command that is checked here"
            CHECKS[words[0]](words[1:])


def make(words: list[str]) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [word for word in words if "=" not in word and word not in targets] == []


def videogen(words: list[str]) -> None:
    command: Any = get_command(app)
    if not words or words == ["--help"]:
        return
    words = [
        word.replace("lake.jpg", str(ROOT / "docs/images/page-ready-desktop-light.png")) for word in words
    ]
    assert words[0] in command.commands
    command.commands[words[0]].make_context(words[0], words[1:])


def python(words: list[str]) -> None:
    """Run it; both one-liners of the pages make signing secrets, and one makes an environment."""
    if words[:2] == ["-m", "venv"]:
        assert words[2:] == [".venv", "&&", ".venv/bin/pip", "install", "-r", "requirements.txt"]
        return
    printed = subprocess.run(["python3", *words], capture_output=True, text=True, check=True).stdout.strip()
    settings.read_for_build({"VIDEOGEN_SIGNING_SECRET": printed})


def aws(words: list[str]) -> None:
    """Compare with the service's own model."""
    service, operation, *options = words
    if (service, operation) == ("s3", "sync"):
        assert len(options) == 2
        return
    model = botocore.session.get_session().get_service_model({"s3api": "s3", "sqs": "sqs"}[service])
    names = {kebab(name): name for name in model.operation_names}
    shape: Any = model.operation_model(names[operation]).input_shape
    known = {kebab(name) for name in shape.members} | {"region", "endpoint-url"}
    assert {option[2:] for option in options if option.startswith("--")} <= known


def netlify(words: list[str]) -> None:
    """Compare with the help of the CLI that is installed."""
    told = subprocess.run(
        ["node", ROOT / "node_modules/netlify-cli/bin/run.js", words[0], "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout
    assert words[0] in told
    assert [word for word in words if word.startswith("--") and word not in told] == []


def npm(words: list[str]) -> None:
    """Compare with the package that this repository makes."""
    assert words == ["install", json.loads((ROOT / "netlify/package.json").read_text())["name"]]


def uv(words: list[str]) -> None:
    """Compare with uv's help."""
    told = subprocess.run(["uv", *words[:2], "--help"], capture_output=True, text=True, check=True).stdout
    assert [word for word in words if word.startswith("-") and word not in told] == []


def file_of_tests(words: list[str]) -> None:
    """Let the last word be a file of tests."""
    assert (ROOT / words[-1]).is_file()


def cp(words: list[str]) -> None:
    """Let it copy a file that there is."""
    assert (ROOT / words[0]).is_file()


CHECKS: dict[str, Callable[[list[str]], None]] = {
    "make": make,
    "videogen": videogen,
    ".venv/bin/videogen": videogen,
    ".venv/bin/python": file_of_tests,
    "node": file_of_tests,
    ".venv/bin/netlify": netlify,
    "cp": cp,
    "python3": python,
    "aws": aws,
    "netlify": netlify,
    "npm": npm,
    "uv": uv,
}


def kebab(name: str) -> str:
    """Return a name as the AWS CLI writes it."""
    return botocore.xform_name(name, "-")


def test_each_make_target_in_the_text_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z]+)", page.read_text())}

    assert named - targets == set()


# --- JSON, TOML --------------------------------------------------------------------------------------------


@each("json")
def test_each_json_block_is_json(block: Block) -> None:
    for text in block.text.splitlines() if block.rest else [block.text]:
        json.loads(text)


def test_the_lifecycle_rules_to_paste_are_those_of_the_doctor() -> None:
    found = [json.loads(block.text) for block in blocks("json") if '"Rules"' in block.text]

    assert found == [{"Rules": rules.lifecycle("", 30, versions=True)}]


def test_the_cors_rule_to_paste_is_that_of_the_doctor() -> None:
    [found] = [json.loads(block.text) for block in blocks("json") if '"CORSRules"' in block.text]

    assert found == {"CORSRules": [rules.cors("https://SITE.netlify.app")]}


def test_the_operator_s_policy_allows_what_the_command_asks_of_a_bucket() -> None:
    actions = {
        "list_objects_v2": "s3:ListBucket",
        "list_multipart_uploads": "s3:ListBucketMultipartUploads",
        "get_bucket_versioning": "s3:GetBucketVersioning",
        "get_bucket_lifecycle_configuration": "s3:GetLifecycleConfiguration",
        "put_bucket_lifecycle_configuration": "s3:PutLifecycleConfiguration",
        "get_bucket_cors": "s3:GetBucketCORS",
        "put_bucket_cors": "s3:PutBucketCORS",
    }
    sources = "".join(path.read_text() for path in (ROOT / "src/videogen/cli").glob("*.py"))
    asked = set(re.findall(r"client\.(\w+_bucket_\w+)|paginator\(\"(\w+)\"", sources))
    [policy] = [json.loads(block.text) for block in blocks("json") if '"s3:ListBucket"' in block.text]

    assert set(policy["Action"]) == {actions["".join(found)] for found in asked}


def test_the_queue_s_policy_allows_what_is_asked_of_it_and_no_more() -> None:
    source = (ROOT / "src/videogen/queue/sqs.py").read_text()
    asked = set(re.findall(r'_call\(\s*"(\w+)"', source)) - {"CreateQueue"}  # the stand-in's
    [policy] = [json.loads(block.text) for block in blocks("json") if '"sqs:' in block.text]

    assert set(policy["Statement"][0]["Action"]) == {f"sqs:{action}" for action in asked}


@each("toml")
def test_each_toml_block_is_that_of_the_example(block: Block) -> None:
    example = tomllib.loads((ROOT / "examples/hello/netlify.toml").read_text())
    manifest = (ROOT / "netlify/plugin/manifest.yml").read_text()
    inputs = set(re.findall(r"^  - name: (\w+)", manifest, re.MULTILINE))
    shown = tomllib.loads(block.text)
    for plugin in shown.get("plugins", []):
        assert plugin.pop("inputs", {}).keys() <= inputs

    assert {name: example.get(name) for name in shown} == shown


@each("html")
def test_each_html_block_is_that_of_the_example(block: Block) -> None:
    assert block.text == (ROOT / "examples/hello/public/index.html").read_text()


# --- code --------------------------------------------------------------------------------------------------


@each("js")
def test_each_entry_is_one_that_node_takes(block: Block, tmp_path: Path) -> None:
    entry = tmp_path / "entry.mjs"
    entry.write_text(block.text)

    subprocess.run(["node", "--check", entry], check=True)


@each("python")
def test_each_function_answers(
    block: Block, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    wiring.deps.cache_clear()
    module: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(block.text, str(block), "exec"), module)  # noqa: S102 - that is the test
    if "app" in module:
        answer = module["app"].test_client().get("/api/items/7?color=red")
        assert answer.get_json() == {"item": 7, "color": "red"}
        return
    event = {"httpMethod": "GET", "queryStringParameters": {"name": "lake"}, "headers": {}, "body": None}

    header, body = host.read_response(module["handler"](event, _Context()))

    wiring.deps.cache_clear()
    if header["statusCode"] == HTTPStatus.METHOD_NOT_ALLOWED:
        posted = host.read_response(
            module["handler"](event | {"httpMethod": "POST", "body": "[1, 2]"}, _Context())
        )
        assert posted[1] == b"2 things, 1000 ms left"
    else:
        assert (header["statusCode"], json.loads(body)) == (200, {"hello": "lake"})


class _Context:
    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 1000


# --- words -------------------------------------------------------------------------------------------------


def test_each_address_in_the_pages_is_an_entry_s() -> None:
    entries = "".join(path.read_text() for path in (ROOT / "netlify/functions").glob("*.mjs"))
    entries += "".join(path.read_text() for path in (ROOT / "examples").rglob("*.py")) + "/api/greet"
    named = {name for page in PAGES for name in re.findall(r"/api/[a-z-]+", page.read_text())}

    assert {name for name in named if name not in entries} == set()


def test_the_variables_of_the_pages_are_those_of_the_code() -> None:
    shown = {name: one for name, one in VARIABLES.items() if not one.read_by <= {"dev"}}
    readme = (ROOT / "README.md").read_text()
    defaults = {
        name: "**needed**" if one.is_needed else f"`{one.default}`" if one.default else "none"
        for name, one in shown.items()
    }
    rows = re.findall(r"^\| `([A-Z0-9_]+)` \| (.+) \| (.+) \|$", readme, re.MULTILINE)
    assert rows == [(name, one.meaning, defaults[name]) for name, one in shown.items()]

    deployed = {
        name: one for name, one in shown.items() if name not in {"VIDEOGEN_SITE", "VIDEOGEN_SIMULATED"}
    }
    deploy = (ROOT / "docs/deploy.md").read_text()
    secrets = re.findall(
        r"^\| `([A-Z0-9_]+)` \| .+ \| ([A-Z].+) \| (\*\*yes\*\*|no) \|$", deploy, re.MULTILINE
    )
    assert {name: secret == "**yes**" for name, _, secret in secrets} == {
        name: one.is_secret for name, one in deployed.items()
    }
    assert {name for name, scope, _ in secrets if "Builds" in scope} == {
        name for name, one in deployed.items() if "build" in one.read_by
    }


def test_each_variable_in_the_pages_is_one_that_is_read() -> None:
    pattern = r"\b(?:BLACKBOX|S3|VIDEOGEN)_[A-Z_]*[A-Z]\b"
    named = {name for page in PAGES for name in re.findall(pattern, page.read_text())}

    assert named - set(VARIABLES) == set()


def test_each_action_that_is_written_is_explained_in_the_log_s_page() -> None:
    sources = [*(ROOT / "src").rglob("*.py"), ROOT / "netlify/python/bridge.mjs"]
    written = {
        name
        for path in sources
        if "cli" not in path.parts
        for pair in re.findall(
            r"(?:log\.\w+|_log_warning|_log|_warn)\(\s*\"([a-z]+\.[a-z_]+)\"|action: '([a-z.]+)'",
            path.read_text(),
        )
        for name in pair
        if name
    }
    written |= {f"job.{status}" for status in ("completed", "failed", "canceled")}
    page = (ROOT / "docs/log.md").read_text()

    assert len(written) > 20
    assert {name for name in written if f"`{name}`" not in page} == set()


def test_each_action_that_the_log_s_page_explains_is_written_somewhere() -> None:
    source = "".join(
        path.read_text() for path in (*(ROOT / "src").rglob("*.py"), ROOT / "netlify/python/bridge.mjs")
    )
    named = set(re.findall(r"`([a-z]+\.[a-z]+(?:_[a-z]+)*)`", (ROOT / "docs/log.md").read_text()))

    assert {name for name in named if name not in source} == set()


# --- links -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "target"),
    markdown_pages.links(),
    ids=[f"{page.relative_to(ROOT)} → {target}" for page, target in markdown_pages.links()],
)
def test_each_link_leads_somewhere(page: Path, target: str) -> None:
    if "://" in target:
        assert target.startswith("https://")
        return
    if target.startswith("../../actions/workflows/"):  # GitHub's own pages of this repository
        assert (ROOT / ".github/workflows" / target.split("/")[4]).is_file()
        return
    name, _, anchor = target.partition("#")
    to = (page.parent / name).resolve() if name else page
    assert to.exists()
    if anchor:
        assert anchor in markdown_pages.anchors(to)
