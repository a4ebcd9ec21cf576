"""What a project requires: a file of requirements and what it includes, a uv.lock, or a pyproject.toml.

The format of the files: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOOKED_FOR = ("requirements.txt", "uv.lock", "pyproject.toml")
"""Where requirements stand if the plugin's input does not say it; the first that is there counts."""
INCLUDES = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:\s+|=|(?<=-[rc]))\s*(.+)")
FIND_LINKS = re.compile(r"(?:-f|--find-links)[\s=]*(.+)")
"""The option for a folder of wheels, or the address of a page that lists some."""
OPTIONS = re.compile("-f|--find-links|--no-binary")
"""Those that uv leaves out of what it resolves, and that are for the installation too."""
LOCAL = re.compile(
    r"(?:-e|--editable)[\s=]+(?P<editable>.+)|[\w.-]+(?:\[.*\])?\s*@\s*(?P<named>.+)|(?P<bare>\.|.*/.*)"
)
"""A requirement that may be a folder of this machine: bare, only with a slash or as the current one."""
LOCKED = re.compile(r'(?P<kind>directory|archive) = \{ path = "(?P<path>[^"]+)"(?P<rest>.*)\}')
"""A folder or a file of this machine in a pylock.toml."""
PYLOCK = ("--format", "pylock.toml")
"""Says of each package where it was found: https://packaging.python.org/en/latest/specifications/pylock-toml/"""
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
"""A package's."""
NOT_SOURCE = {".git", ".netlify", ".venv", "__pycache__", "node_modules"}
BUILT_HERE = {"build", "dist"}
"""At the top of a project's folder; below, a package may have such a name."""


class RequirementsError(Exception):
    """The requirements cannot be read; the message says what to do."""


@dataclass(frozen=True)
class Locked:
    """What is to be installed."""

    file: str
    """The file to install from; empty for nothing."""
    fingerprint: str
    """Changes with what would be installed."""
    is_hashed: bool = False
    """Whether every file that is fetched has its hash."""
    note: str = ""


def find(given: str | None) -> Path | None:
    """Return where the requirements stand; raises RequirementsError for an input that names no file."""
    if given is not None:
        if not Path(given).is_file():
            raise RequirementsError(f"no file {given}: correct the plugin's input `requirements`")
        return Path(given)
    return next((Path(name) for name in LOOKED_FOR if is_there(Path(name))), None)


def is_there(path: Path) -> bool:
    """Whether a file is there; a pyproject.toml without a project only sets tools up."""
    if not path.is_file():
        return False
    return path.name != "pyproject.toml" or is_project(tables(path))


def tables(project: Path) -> str:
    """Return a pyproject.toml as text; empty if it is not there."""
    return project.read_text(encoding="utf-8-sig", errors="replace") if project.is_file() else ""


def is_project(text: str) -> bool:
    """Whether a pyproject.toml is a project's."""
    return re.search(r"^[ \t]*\[[ \t]*project[ \t]*\]", text, re.MULTILINE) is not None


def must_be_built(folder: Path) -> bool:
    """Whether a project's folder says only when it is built what it is and requires."""
    text = tables(folder / "pyproject.toml")
    return not is_project(text) or re.search(r"^[ \t]*dynamic[ \t]*=", text, re.MULTILINE) is not None


def lines(path: Path, *, constraints: bool = True) -> Iterator[tuple[Path, str]]:
    """Yield the lines of a file of requirements, each with the folder that its paths are relative to.

    Those of the files that it includes as well; of constraints, which require nothing, if they are wanted.
    """
    read: set[Path] = set()
    waiting = [path]
    while waiting:
        file = waiting.pop(0)
        if file.resolve() in read:
            continue
        read.add(file.resolve())
        try:
            text = file.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise RequirementsError(
                f"{path} includes {file}, which cannot be read: {error.strerror}"
            ) from None
        except UnicodeError:
            raise RequirementsError(f"{file} is no text in UTF-8: save it as that") from None
        for raw in re.sub(r"\\\r?\n", " ", text).splitlines():
            line = re.sub(r"(^|\s)#.*$", "", raw).strip()
            included = INCLUDES.fullmatch(line)
            if included and "://" not in included[1]:
                if constraints or line.startswith(("-r", "--r")):
                    waiting.append(file.parent / value(included[1]))
            elif line:
                yield file.parent, line


def value(text: str) -> str:
    """Return an option's value without its quotes."""
    text = expanded(text)
    quoted = re.fullmatch(r"""(["'])(.*)\1""", text)
    return quoted[2] if quoted else text


def expanded(text: str) -> str:
    """Return a text with the variables that are set.

    https://pip.pypa.io/en/stable/reference/requirements-file-format/#using-environment-variables
    """
    return re.sub(r"\$\{([A-Z0-9_]+)\}", lambda match: os.environ.get(match[1], match[0]), text)


def movable(place: Path, line: str) -> str:
    """Return a line of a file in `place` as it may stand in any: folders of wheels are relative to theirs."""
    found = FIND_LINKS.fullmatch(line)
    if not found:
        return line
    links = value(found[1])
    return f"--find-links {links if '://' in links else (place / links).resolve().as_uri()}"


def names(path: Path) -> list[str]:
    """Return the names of the packages that are required whatever the platform."""
    found = []
    for _, line in lines(path, constraints=False):
        requirement = re.split(r"\s--", line)[0]
        match = re.match(rf"{NAME}(?=\s*(?:$|[\[=<>!~@(]))", requirement)
        if match and ";" not in requirement:
            found.append(match[0])
    return found


def required(path: Path) -> set[str]:
    """Return the names of what the project itself requires, and rather some too many.

    In a file that was compiled those that are there for others alone say so: `# via flask, werkzeug`.
    """
    if path.name in {"uv.lock", "pyproject.toml"}:
        return set(re.findall(rf"""["']({NAME})""", tables(path.with_name("pyproject.toml"))))
    found = {match[0] for _, line in lines(path, constraints=False) if (match := re.match(NAME, line))}
    text = path.read_text(encoding="utf-8-sig")
    for_others = set()
    for name, rest in re.findall(rf"^({NAME})(.*(?:\n[ \t]+.*)*)", text, re.MULTILINE):
        via = {word.strip() for word in re.split(r"[\n#,]", rest.partition("# via")[2])} - {""}
        if via and via <= found:
            for_others.add(name)
    return found - for_others


def lock(path: Path | None, uv: Callable[..., str], options: list[str], folder: Path) -> Locked:
    """Return what a project's requirements mean today.

    `uv` runs uv and returns what it printed; `options` say for which Python and platform; what is written
    goes into `folder`.
    """
    if path is None:
        return Locked("", "")
    if path.name == "uv.lock" or (path == Path("pyproject.toml") and is_member()):
        # Without this project itself: its modules are in the plugin's input `source`.
        exported = uv("export", "--locked", "--no-default-groups", "--no-emit-project", "--no-editable",
                      "--no-header", *PYLOCK, "--directory", str(path.parent))  # fmt: skip
        return pinned(exported, uv, folder, root=path.parent)
    given = [] if path.name == "pyproject.toml" else list(lines(path))
    if any("--hash" in line for _, line in given):
        if not any(own_folder(line) for _, line in given):
            return Locked(str(path), digest(*(line for _, line in given)), is_hashed=True)
        required = list(lines(path, constraints=False))
        constraints = folder / "constraints.txt"
        pins = "".join(f"{movable(*line)}\n" for line in given if line not in required)
        constraints.write_text(pins, encoding="utf-8")
        text = "\n".join([*(movable(*line) for line in required), f"-c {constraints}"])
        return replace(resolved(text, uv, folder, pins), is_hashed=True)
    command = f"uv pip compile {path} --generate-hashes"
    note = f"{path} has no hashes: what is installed may change from build to build. To lock it: {command}"
    if path.name == "pyproject.toml":
        sources = re.findall(r"""\bpath[ \t]*=[ \t]*["'](.+?)["']""", tables(path))
        own = [place for source in [".", *sources] if (place := path.parent / source).is_dir()]
    else:
        own = [place for _, line in given if (place := own_folder(line))]
    compile_it = ("pip", "compile", str(path), "--no-header", "--no-annotate", *options)
    if any(map(must_be_built, own)):
        compile_it += ("--only-binary", ":none:")  # what is installed later are wheels all the same
    apart = built_in(folder)
    if path.name == "pyproject.toml":
        return pinned(uv(*compile_it, *PYLOCK, **apart), uv, folder, note=note)
    # From the same places, and by their hashes the same files: another place may have another of the name.
    compiled = uv(*compile_it, "--generate-hashes", "--emit-index-url", **apart)
    options = [movable(place, line) for place, line in given if OPTIONS.match(line)]
    return replace(resolved("\n".join([*options, compiled]), uv, folder), note=note)


def is_member() -> bool:
    """Whether this folder is a member of a uv workspace, whose one uv.lock is in its root."""
    here = Path.cwd()
    above = next((folder for folder in here.parents if (folder / "uv.lock").is_file()), None)
    if above is None:
        return False
    text = (above / "uv.lock").read_text(encoding="utf-8", errors="replace")
    member = re.escape(here.relative_to(above).as_posix())
    return re.search(rf'source = {{ (?:virtual|editable) = "{member}" }}', text) is not None


def pinned(text: str, uv: Callable[..., str], folder: Path, *, root: Path = Path(), note: str = "") -> Locked:
    """Return a pylock.toml as a file, the project's own folders in it built as wheels.

    It names where each file was found. Those folders' paths are relative to `root`.
    """
    fingerprints = [text]

    def placed(match: re.Match[str]) -> str:
        place = root / match["path"]
        if match["kind"] == "archive":
            return f'archive = {{ path = "{place.resolve()}"{match["rest"]}}}'
        fingerprints.append(contents(place))
        wheel = built(place, uv, folder)
        return f'archive = {{ path = "{wheel}", hashes = {{ sha256 = "{digest_of(wheel)}" }} }}'

    # uv holds this against the Python that it runs on here, not the one that it installs for.
    text = re.sub("^requires-python = .*\n", "", text, flags=re.MULTILINE)
    file = folder / "pylock.toml"
    file.write_text(LOCKED.sub(placed, text), encoding="utf-8")
    return Locked(str(file), digest(*fingerprints), note=note)


def resolved(text: str, uv: Callable[..., str], folder: Path, pins: str = "") -> Locked:
    """Return a list of requirements as a file, the project's own folders in it built as wheels."""
    fingerprints = [text, pins]
    kept = []
    for line in text.splitlines():
        place = own_folder(line)
        if place is None:
            kept.append(line)
            continue
        fingerprints.append(contents(place))
        wheel = built(place, uv, folder)
        marker = re.search(r"\s;[^#]*", line)
        kept.append(f"{wheel}{marker[0].rstrip() if marker else ''} --hash=sha256:{digest_of(wheel)}")
    file = folder / "resolved.txt"
    file.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return Locked(str(file), digest(*fingerprints))


def own_folder(line: str) -> Path | None:
    """Return the folder of this machine that a line requires, if it does."""
    local = LOCAL.fullmatch(expanded(re.split(r"\s[;#]", line)[0].strip()))
    if not local:
        return None
    address = local[local.lastgroup or 0].partition("#")[0]  # without #egg=name
    path = re.sub("^file:(//)?", "", address)
    place = path if path == address else unquote(path)
    return Path(place) if os.path.isdir(place) else None  # noqa: PTH112 -- Path's raises for a long address


def built(place: Path, uv: Callable[..., str], folder: Path) -> Path:
    """Build a project's folder as a wheel; raises RequirementsError for one that runs here alone."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        uv("build", "--wheel", "--out-dir", scratch, str(place), **built_in(Path(scratch)))
        wheel = next(Path(scratch).glob("*.whl"))
        if not wheel.name.endswith("-none-any.whl"):
            raise RequirementsError(
                f"{place} builds {wheel.name}, for this machine alone: require a wheel for Linux on x86-64"
            )
        return wheel.replace(folder / wheel.name).resolve()


def built_in(folder: Path) -> dict[str, str]:
    """Return the variables with which setuptools builds in a folder.

    In the project's own it would take in what an earlier build has left there.
    https://setuptools.pypa.io/en/latest/deprecated/distutils/configfile.html
    """
    settings = folder / "setuptools.cfg"
    places = f"[build]\nbuild_base = {folder}/build\n[egg_info]\negg_base = {folder}\n"
    settings.write_text(places, encoding="utf-8")
    return {"DIST_EXTRA_CONFIG": str(settings)}


def contents(folder: Path) -> str:
    """Return a digest of a folder's files, without what is no source."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    parts = {path: path.relative_to(folder).parts for path in files}
    own = [path for path in files if not NOT_SOURCE & set(parts[path]) and parts[path][0] not in BUILT_HERE]
    return digest(*(f"{path.relative_to(folder)} {digest_of(path)}" for path in own))


def digest_of(path: Path) -> str:
    """Return a file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest(*texts: str) -> str:
    """Return a SHA-256 over texts."""
    return hashlib.sha256(os.fsencode("\0".join(texts))).hexdigest()
