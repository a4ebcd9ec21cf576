"""Builds the folder that goes into each function's zip: CPython, the locked packages, the project's source.

    python bundle.py OUTPUT < plan.json

run in the project's folder. The plan is what the Netlify plugin reads from netlify.toml, see `Plan`. Beside
OUTPUT, OUTPUT.json says what was built from what, so that nothing is built twice, and which files each
function gets. Standard library of Python 3.8: it runs on whatever Python the build machine has.

Lambda runs Amazon Linux 2023 with glibc 2.34 (https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html),
a Netlify build something newer, and a developer perhaps macOS. So nothing of the build machine goes in: the
interpreter is one of https://gregoryszorc.com/docs/python-build-standalone/, the packages are manylinux
wheels, and every ELF file is checked.

Where no interpreter can be downloaded, UV_PYTHON_DOWNLOADS_JSON_URL names a mirror
(https://docs.astral.sh/uv/reference/environment/), BUNDLE_PYTHON_VERSION the version that it has and
BUNDLE_GLIBC the glibc that its files may need. What is built so runs on such machines only.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import elf
import requirements
from function_files import describe
from python_version import VersionError, python_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

HERE = Path(__file__).resolve().parent
HOST = HERE.parent / "python/host.py"
TYPES = HERE.parent / "python/types/netlify_functions.py"

WHEELS = "x86_64-manylinux_2_34"
GLIBC = "2.34"

BASE_LIBRARIES = frozenset(
    {
        "ld-linux-x86-64.so.2",
        "libc.so.6",
        "libdl.so.2",
        "libgcc_s.so.1",
        "libm.so.6",
        "libmvec.so.1",
        "libpthread.so.0",
        "libresolv.so.2",
        "librt.so.1",
        "libstdc++.so.6",
        "libutil.so.1",
        "libz.so.1",
    }
)
"""What Amazon Linux 2023, which Lambda builds on, has at its smallest, and manylinux wheels count upon:
glibc, GCC's run time, zlib (https://peps.python.org/pep-0600/, https://github.com/pypa/auditwheel/pull/334)."""

INTERPRETER_LEFT_OUT = (
    "**/__pycache__/**",
    "*/test/**",
    "*/tests/**",
    "EXTERNALLY-MANAGED",
    "_pyrepl/**",
    "build-details.json",  # names the folder that it was installed into
    "config-*/**",
    "ctypes/macholib/**",  # for macOS
    "curses/**",
    "distutils/command/*.exe",  # installers for Windows
    "ensurepip/**",
    "idlelib/**",
    "lib-dynload/*_test*",
    "lib-dynload/_curses*",
    "lib-dynload/_dbm*",
    "lib-dynload/_gdbm*",
    "lib-dynload/_tkinter*",
    "lib-dynload/_xx*",
    "lib-dynload/nis*",
    "lib-dynload/ossaudiodev*",
    "lib-dynload/readline*",
    "lib-dynload/xx*",
    "pydoc_data/**",
    "site-packages/**",
    "test/**",
    "tkinter/**",
    "turtle.py",
    "turtledemo/**",
)
"""What of the standard library a function never uses: tests, windows, terminals, installers."""

TESTED_PACKAGES = (
    "Crypto/SelfTest", "Cryptodome/SelfTest", "certifi/tests", "gevent/tests", "greenlet/tests", "h11/tests",
    "matplotlib/tests", "pkg_resources/tests", "psutil/tests", "setuptools/tests", "trio/_tests",
    "mpl_toolkits/*/tests", "networkx/**/tests", "pandas/tests", "pyarrow/tests", "scipy/**/tests",
    "shapely/tests", "sklearn/**/tests", "statsmodels/**/tests", "sympy/**/tests", "tornado/test",
    "zmq/tests",
)  # fmt: skip
"""Folders that hold a package's own tests and nothing that others import: the name alone does not say it,
`django.test` and `numpy/_core/tests` are imported."""

PACKAGES_LEFT_OUT = (
    "**/__pycache__/**",
    "**/*.pyi",
    "!**/__init__.pyi",  # lazy_loader.attach_stub reads it
    *(f"{folder}/**" for folder in TESTED_PACKAGES),
    "*.dist-info/RECORD",  # names scripts with the build's own path in them
    "*.dist-info/INSTALLER",
    "*.dist-info/REQUESTED",
    "*.dist-info/direct_url.json",
    "*.dist-info/sboms/**",
    "*.dist-info/uv_cache.json",  # when a wheel was built
    ".lock",
    "bin/**",
)
ENTRY = re.compile(r"([^/]+|([^/]+)/(index|\2))\.(js|mjs|cjs|ts|mts|cts|zip)")
"""A function in another language; a script that lies deeper may be what a function in Python serves."""
SOURCE_LEFT_OUT = ("**/*.egg-info/**", "**/.*", "**/.*/**")

IMPORT_CHECK = """
import importlib.util, json, logging, os, sys
host, folders, absent, name, report = json.load(sys.stdin)
spec = importlib.util.spec_from_file_location("host", host)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
# From here on as in host.py: what it imports, and logging, is the standard library's.
sys.path[:0] = folders
beside = module.folders_beside(name)
sys.path += beside
sys.modules.update(dict.fromkeys(absent))
found = {}
try:
    module.load(name)
except BaseException as error:
    keys = error.args if isinstance(error, KeyError) else ()
    found = {
        "kind": "import" if isinstance(error, (ImportError, SyntaxError)) else "other",
        "error": f"{type(error).__name__}: {error}",
        "place": module.place_of(error, [folders[0], *beside]),
        "variable": next((key for key in keys if isinstance(key, str)), None),
    }
with open(report, "w") as out:
    json.dump(found, out)
os._exit(0)  # not held up by threads that the handler has started
"""
LONGEST_IMPORT = 60
"""Seconds."""
SHORTEST_SECRET = 4
"""Characters; what is shorter, such as `1` or `on`, stands in many a message by chance."""

ANYWHERE = {"PIP_REQUIRE_VIRTUALENV": "0", "PIP_USER": "0", "PIP_PREFIX": "", "PIP_ROOT": ""}
"""Lets pip install into a folder, whatever the shell says of where; what is empty counts as not set."""

ELSEWHERE = {"UV_PROJECT", "UV_PYTHON", "UV_WORKING_DIR", "UV_WORKING_DIRECTORY"}
"""Variables that lead uv to another project or Python."""


class BundleError(Exception):
    """The bundle cannot be built; the message names the file and the way out."""


@dataclass(frozen=True)
class Plan:
    """What shall be bundled."""

    functions: dict[str, str]
    """Name of each function, and its handler: `package.module.handler`, or a file in `functions_folder`."""
    source: str
    """Folder of the project's modules."""
    python: str
    """Version of CPython."""
    functions_folder: str = ""
    """Folder of the functions that are files of their own."""
    requirements: str | None = None
    """File of requirements, see requirements.py."""
    exclude: list[str] = field(default_factory=list)
    """Globs, relative to the source or to the installed packages; one that begins with `!` takes back."""
    only: dict[str, list[str]] = field(default_factory=dict)
    """Distributions that only some functions need, with the names of those."""
    environment: dict[str, list[str]] = field(default_factory=dict)
    """For each handler the names of its variables, for python.json."""
    variables: dict[str, dict[str, str]] = field(default_factory=dict)
    """For each handler the variables that it sees when it is imported here."""
    problem_members: dict[str, Any] = field(default_factory=dict)
    """Members of the bridge's problem documents, for python.json."""
    arguments: list[str] = field(default_factory=list)
    """Options of the interpreter for python.json."""


def main() -> None:
    """Build what is not there yet, check it, print what is in it."""
    plan = read_plan(json.load(sys.stdin), os.environ)
    glibc = os.environ.get("BUNDLE_GLIBC", GLIBC)
    output = Path(sys.argv[1])
    with alone(output.parent):
        print(table(Bundle(plan, output, glibc).bring_up_to_date()))


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other build in a folder is under way: two would write the same files."""
    import fcntl  # noqa: PLC0415 - Windows, where nothing is built, has none

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another build of this folder is under way: waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def read_plan(given: Mapping[str, Any], environment: Mapping[str, str]) -> Plan:
    """Return the plan; raises BundleError for a source folder that is not there."""
    known = {name: value for name, value in given.items() if value is not None}
    plan = Plan(**{**known, "python": python_version(given.get("python"), environment)})
    if not Path(plan.source).is_dir() and not all(name.endswith(".py") for name in plan.functions.values()):
        raise BundleError(f"no folder {plan.source}: set the plugin's input `source` in netlify.toml")
    return plan


class Bundle:
    """The folder that is built, and the state file beside it."""

    def __init__(self, plan: Plan, output: Path, glibc: str) -> None:
        self.plan = plan
        self.output = output
        self.glibc = glibc
        self.state_file = output.with_suffix(".json")
        self.state: dict[str, Any] = {"parts": {}, "distributions": {}, "required": []}

    def bring_up_to_date(self) -> Bundle:
        """Build the parts that changed and check the whole; raises BundleError."""
        for note in handlers_without_function(self.plan):
            print(note)
        self.output.mkdir(parents=True, exist_ok=True)
        # What is missing or damaged counts as nothing built.
        with contextlib.suppress(FileNotFoundError, ValueError):
            self.state = json.loads(self.state_file.read_text(encoding="utf-8"))
        interpreter = digest(CODE, self.plan.python, mirror())
        exclude = json.dumps(self.plan.exclude)
        self.bring_part("python", interpreter, self.build_python)
        with tempfile.TemporaryDirectory(dir=self.output.parent) as scratch:
            locked = self.locked(Path(scratch))
            if locked.note:
                print(locked.note)
            self.bring_part(
                "packages",
                digest(interpreter, locked.fingerprint, exclude),
                lambda folder: self.build_packages(folder, locked),
            )
        own = {
            "source": self.source_files(),
            "functions": self.function_files(),
            "host": {HOST: Path(HOST.name)},
        }
        for name, files in own.items():
            contents = [
                thing for path, at in files.items() for thing in (f"{at} {can_run(path)}", path.read_bytes())
            ]
            self.bring_part(name, digest(interpreter, *contents), partial(copy_into, files=files))
        self.write_settings()
        found = requirements.find(self.plan.requirements)
        self.state["required"] = sorted(map(normal, requirements.required(found))) if found else []
        seen = {handler: sorted(variables) for handler, variables in self.plan.variables.items()}
        checked = digest(
            json.dumps(
                [
                    self.state["parts"],
                    self.state["required"],
                    self.plan.functions,
                    self.plan.only,
                    self.glibc,
                    seen,
                ]
            )
        )
        if self.state.get("checked") != checked:
            check_elf_files(self.output, tuple(map(int, self.glibc.split("."))))
            self.check_imports()
            self.state.update({"checked": checked, "included": self.included()})
            self.save()
        return self

    def locked(self, scratch: Path) -> requirements.Locked:
        """Return what shall be installed."""
        return requirements.lock(requirements.find(self.plan.requirements), self.uv, self.target(), scratch)

    def target(self) -> list[str]:
        """Return uv's options for wheels that run on Lambda."""
        return ["--python-platform", WHEELS, "--python-version", self.plan.python, "--only-binary", ":all:"]

    def bring_part(self, name: str, fingerprint: str, build: Callable[[Path], None]) -> None:
        """Build one folder unless it is there as it was built from the same things."""
        folder = self.output / name
        built = self.state["parts"].get(name)
        if built and (built["fingerprint"], built["content"]) == (fingerprint, content(folder)):
            return
        self.state["parts"].pop(name, None)
        self.save()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        build(folder)
        set_modes(folder)
        self.compile(folder)
        set_modes(folder)
        self.state["parts"][name] = {
            "fingerprint": fingerprint,
            "measure": measure(folder),
            "content": content(folder),
        }
        self.save()

    def save(self) -> None:
        """Write the state file beside its place first, so that it is whole however this ends."""
        written = self.output.with_suffix(".json.new")
        written.write_text(json.dumps(self.state, indent=1), encoding="utf-8")
        written.replace(self.state_file)

    def build_python(self, folder: Path) -> None:
        """Install CPython and copy what functions use of it."""
        with tempfile.TemporaryDirectory() as scratch:
            key = f"cpython-{self.plan.python}-linux-x86_64-gnu"
            self.uv("python", "install", "--no-bin", "--install-dir", scratch, key)
            found = Path(scratch).resolve().glob("cpython-*")
            installed = next(path for path in found if not path.is_symlink())
            minor = "python" + ".".join(self.plan.python.split(".")[:2])
            (folder / "bin").mkdir()
            shutil.copyfile(installed / "bin" / minor, folder / "bin/python3")
            library = Path("lib", minor)
            copy_files(installed / library, folder / library, matcher(INTERPRETER_LEFT_OUT))
            # uv writes the folder it installed into where sysconfig reads it.
            for path in (folder / library).glob("_sysconfig*"):
                path.write_bytes(path.read_bytes().replace(bytes(installed), b"/install"))
            libraries = [
                path for path in (installed / "lib").iterdir() if path.is_file() and elf.is_elf(path)
            ]
            copy_needed_libraries(libraries, folder)

    def build_packages(self, folder: Path, locked: requirements.Locked) -> None:
        """Install what is required as wheels for Lambda."""
        self.state["distributions"] = {}
        if not locked.file:
            return
        with tempfile.TemporaryDirectory() as scratch:
            self.uv(
                "pip", "install", "--python", sys.executable, "--target", scratch,
                "--requirements", locked.file, *(["--require-hashes"] if locked.is_hashed else []),
                *self.target(), "--link-mode", "copy",
            )  # fmt: skip
            refuse_links(Path(scratch))
            self.state["distributions"] = distributions(Path(scratch))
            copy_files(Path(scratch), folder, matcher((*PACKAGES_LEFT_OUT, *self.plan.exclude)))
        remove_unneeded_libraries(folder)

    def source_files(self) -> dict[Path, Path]:
        """Return the project's files that are deployed, and where each goes."""
        source = self.plan.source
        return {Path(source) / name: Path(name) for name in deployed(self.plan, source)}

    def function_files(self) -> dict[Path, Path]:
        """Return what lies in the folder of functions if some of them are files of their own."""
        if not any(handler.endswith(".py") for handler in self.plan.functions.values()):
            return {}
        folder = self.plan.functions_folder
        names = [name for name in deployed(self.plan, folder) if not ENTRY.fullmatch(name)]
        for handler in self.plan.functions.values():
            if handler.endswith(".py") and handler not in names:
                raise BundleError(f"`exclude` in netlify.toml leaves {handler} out, which is a function")
        return {Path(folder) / name: Path(name) for name in names}

    def compile(self, folder: Path) -> None:
        """Write bytecode that is taken without a look at the source, since a zip has no file times.

        One process and no absolute path, so that the same source gives the same bytes everywhere. Of the
        standard library, the packages and the host only the bytecode stays: the packager compresses little,
        and a fifth of the zip would be source that nobody reads. The project's own stays for its tracebacks.
        """
        is_own = folder.name in {"source", "functions"}
        compiling = subprocess.run(
            [self.runner(), "-B", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash",
             *([] if is_own else ["-b"]), "-s", folder.resolve(), folder.resolve()],
            env={"PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        # Packages carry files for other versions at times; a project does not.
        if compiling.returncode and is_own:
            raise BundleError(f"a file of the source does not compile: {compiling.stdout.strip()}")
        if not is_own:
            for path in folder.rglob("*.pyc"):
                with contextlib.suppress(FileNotFoundError):  # a package may come without its source
                    path.with_suffix(".py").unlink()

    def runner(self) -> Path:
        """Return an interpreter of the bundle's version: the bundle's own where it can run."""
        if runs_here():
            return (self.output / "python/bin/python3").resolve()
        native = self.output.parent / "native"
        self.uv("python", "install", "--no-bin", "--install-dir", str(native), self.plan.python)
        return next(path for path in native.glob(f"cpython-{self.plan.python}-*/bin/python3"))

    def uv(self, *arguments: str, **variables: str) -> str:
        """Run the pinned uv and return what it printed; raises BundleError."""
        lock = HERE / "uv.txt"
        folder = self.output.parent / f"uv-{digest(lock.read_bytes())[:12]}"
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=self.output.parent) as scratch:
                install_pinned(lock, f"{scratch}/uv")
                Path(f"{scratch}/uv").rename(folder)
        # With --quiet, `uv python install` fails without a reason.
        quiet = [] if arguments[:2] == ("python", "install") else ["--quiet"]
        return run([str(folder / "bin/uv"), *quiet, *arguments], f"uv {arguments[0]} failed", **variables)

    def write_settings(self) -> None:
        """Write what the bridge looks for, and the types that handlers may import."""
        (self.output / "types").mkdir(exist_ok=True)
        shutil.copyfile(TYPES, self.output / "types" / TYPES.name)
        settings = {
            "python": "python/bin/python3",
            "host": f"host/{HOST.stem}.pyc",
            "path": ["source", "packages", "types"],
            "functions": "functions",
            "arguments": self.plan.arguments,
            "environment": self.plan.environment,
            "problemMembers": self.plan.problem_members,
        }
        (self.output / "python.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
        for name in ("python.json", f"types/{TYPES.name}"):
            (self.output / name).chmod(0o644)

    def included(self) -> dict[str, list[str]]:
        """Return for each function the globs of its files, relative to the project's folder."""
        everything = [f"{self.output.as_posix()}/**"]
        return {
            name: everything
            + [
                f"!{self.output.as_posix()}/packages/{path}{ending}"
                for distribution in sorted(self.absent(name))
                for path in self.state["distributions"][distribution]["paths"]
                for ending in ("", "/**")
            ]
            for name in self.plan.functions
        }

    def absent(self, function: str) -> set[str]:
        """Return the distributions that a function does without.

        Those are the ones that `only` keeps for others, and what nothing but they requires: neither another
        distribution, nor the project, nor `only` for this function.
        """
        found: dict[str, Any] = self.state["distributions"]
        if unknown := {normal(name) for name in self.plan.only} - set(found):
            raise BundleError(f"`only` in netlify.toml names what is not required: {min(unknown)}")
        if unknown := {name for names in self.plan.only.values() for name in names} - set(
            self.plan.functions
        ):
            raise BundleError(f"`only` in netlify.toml names {min(unknown)}, which is no function in Python")
        absent = {normal(name) for name, functions in self.plan.only.items() if function not in functions}
        granted = {normal(name) for name, functions in self.plan.only.items() if function in functions}
        stay = granted.union(self.state["required"])
        while True:
            more = {
                name
                for name in found.keys() - absent - stay
                if (requirers := {other for other in found if name in found[other]["requires"]})
                and requirers <= absent
            }
            if not more:
                return absent
            absent |= more

    def check_imports(self) -> None:
        """Import every handler with the bundle's interpreter and just the packages that its function gets."""
        if not runs_here():
            print("the handlers are not imported: the bundle's Python runs on x86-64 Linux only")
            return
        for function, handler in self.plan.functions.items():
            absent = [
                path for name in self.absent(function) for path in self.state["distributions"][name]["paths"]
            ]
            modules = [
                match[1].replace("/", ".")
                for match in (re.fullmatch(r"((?:\w+/)*\w+)(?:\.pyc|\..*so)?", path) for path in absent)
                if match
            ]
            found = self.imported(handler, modules)
            if not found:
                continue
            where = f" ({found['place']})" if found["place"] else ""
            what = f"{handler} cannot be imported as {function} would: {found['error']}{where}"
            if found["kind"] == "import":
                raise BundleError(f"{what}{remedy(found['error'])}")
            # What is not there in the build may be there at run time.
            print(f"WARNING: {what}{self.advice(handler, found['variable'])}")

    def imported(self, name: str, absent: list[str]) -> dict[str, Any]:
        """Import a handler; return what came of it: nothing, or kind, error, place and variable."""
        is_file = name.endswith(".py")
        handler = str((self.output / "functions" / name).resolve()) if is_file else name
        folders = [str((self.output / part).resolve()) for part in ("source", "packages", "types")]
        with tempfile.TemporaryDirectory() as scratch:
            report, errors = Path(scratch) / "report.json", Path(scratch) / "errors.txt"
            # Into a file: a pipe would be open as long as a process that the handler has started.
            with errors.open("w") as written:
                importing = subprocess.Popen(
                    [str(self.runner()), *self.plan.arguments, "-c", IMPORT_CHECK],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=written,
                    env=self.variables_of(name),
                    start_new_session=True,
                )
            try:
                question = json.dumps([str(HOST), folders, absent, handler, str(report)])
                importing.communicate(question.encode(), timeout=LONGEST_IMPORT)
            except subprocess.TimeoutExpired:
                raise BundleError(
                    f"{name}: its import does not end within {LONGEST_IMPORT} seconds: "
                    'put what runs on, such as app.run(), under `if __name__ == "__main__":`'
                ) from None
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(importing.pid, signal.SIGKILL)
                importing.wait()
            text = report.read_text("utf-8") if report.exists() else ""
            said = errors.read_text("utf-8", "replace").strip()
        if not text:
            reason = "".join(self.without_values(name, said).splitlines()[-1:])
            return {"kind": "other", "error": reason or "Python ended", "place": None, "variable": None}
        found: dict[str, Any] = json.loads(text)
        for key in ("error", "variable") if found else ():
            found[key] = found[key] and self.without_values(name, str(found[key]))
        return found

    def without_values(self, handler: str, text: str) -> str:
        """Return what an import said with `${NAME}` for each value: many people may read a build's log."""
        # Pydantic cuts a long value in its middle, so that it is not found as such.
        text = re.sub(r"(?<=input_value=).*(?=, input_type=)", "…", text)
        named = [item for item in self.variables_of(handler).items() if self.is_named(handler, item[0])]
        for name, value in sorted(named, key=lambda item: -len(item[1])):
            for form in (value, repr(value)[1:-1]) if len(value) >= SHORTEST_SECRET else ():
                text = text.replace(form, f"${{{name}}}")
        return text

    def advice(self, handler: str, variable: str | None) -> str:
        """Return what to do about a variable that an import looked for."""
        if not variable or not re.fullmatch(r"[A-Z][A-Z0-9_]*", variable):
            return ""
        if self.is_named(handler, variable):
            return f"; the build has no variable {variable}"
        return f"; name {variable} in the plugin's input `environment`"

    def variables_of(self, handler: str) -> Mapping[str, str]:
        """Return what a handler's import sees of the build's variables."""
        return self.plan.variables.get(handler, self.plan.variables.get("*", {}))

    def is_named(self, handler: str, variable: str) -> bool:
        """Whether the plugin's input `environment` names a variable for a handler."""
        return any(
            variable == name or (name.endswith("*") and variable.startswith(name[:-1]))
            for name in self.plan.environment.get(handler, self.plan.environment.get("*", []))
        )


def remedy(error: str) -> str:
    """Return what to do about an import that failed."""
    if not error.startswith("ModuleNotFoundError"):
        return ""
    if "'distutils" in error:  # not in CPython from 3.12 on, https://peps.python.org/pep-0632/
        return "; it comes with setuptools: require that, and import it before"
    return "; is it required, and not left out by `exclude` or `only`?"


def install_pinned(lock: Path, target: str) -> None:
    """Install the pinned uv with whatever installer there is; raises BundleError."""
    options = ["--quiet", "--no-deps", "--require-hashes", "--target", target, "-r", str(lock)]
    pythons = [sys.executable, *filter(None, [shutil.which("python3")])]
    installers = [[python, "-m", "pip", "install", "--disable-pip-version-check"] for python in pythons]
    # A virtual environment that uv has made has no pip.
    installers += [
        [found, "pip", "install", "--python", sys.executable] for found in [shutil.which("uv")] if found
    ]
    failures = []
    for installer in installers:
        try:
            run([*installer, *options], " ".join(installer[:3]), **ANYWHERE)
        except BundleError as error:  # noqa: PERF203 -- one of three at most
            failures.append(error)
        else:
            return
    raise BundleError(
        f"uv cannot be installed: it takes a Python with pip, or a uv, on the PATH. {failures[0]}"
    )


def copy_into(folder: Path, files: Mapping[Path, Path]) -> None:
    """Copy each file to its place in a folder; links become what they point to."""
    for path, name in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / name)


def handlers_without_function(plan: Plan) -> Iterator[str]:
    """Yield a note for every module of the source with a `handler` that no function names."""
    for name in deployed(plan, plan.source):
        if name.endswith(".py"):
            module = re.sub(r"(/__init__)?\.py$", "", name).replace("/", ".")
            described = describe(Path(plan.source) / name)
            # The build machine's Python may be older than the functions', with which this is compiled later.
            if described["error"] and not described["defines"]:
                yield f"note: {described['error']}"
            if described["defines"] == "handler" and f"{module}.handler" not in plan.functions.values():
                yield f"note: {plan.source}/{name} defines handler, and no function names {module}.handler"


def deployed(plan: Plan, folder: str) -> list[str]:
    """Return the files of a folder that are deployed, relative to it; none if it is not there.

    Raises BundleError for a name that is no UTF-8, which neither JSON nor the packager can hold.
    """
    left_out = matcher((*SOURCE_LEFT_OUT, *plan.exclude))
    names = sorted(path.relative_to(folder).as_posix() for path in walk(Path(folder), frozenset()))
    kept = [name for name in names if not left_out(name)]
    for name in kept:
        shown = os.fsencode(name).decode("utf-8", "backslashreplace")
        if shown != name:
            raise BundleError(
                f"{folder}/{shown} has a name that is no UTF-8: rename it, or leave it out with `exclude`"
            )
    return kept


def walk(folder: Path, above: frozenset[Path]) -> Iterator[Path]:
    """Yield the files below a folder and in the folders that links lead to, if not back `above`.

    Not those that git, npm and virtual environments keep: they are many, and nobody's source.
    """
    here = folder.resolve()
    if not folder.is_dir() or here in above:
        return
    for path in folder.iterdir():
        if path.is_file():
            yield path
        elif path.name not in requirements.NOT_SOURCE and not (path / "pyvenv.cfg").exists():
            yield from walk(path, above | {here})


def refuse_links(folder: Path) -> None:
    """Make sure that everything was installed by its files; raises BundleError.

    https://packaging.python.org/en/latest/specifications/direct-url-data-structure/
    """
    for origin in folder.glob("*.dist-info/direct_url.json"):
        found = json.loads(origin.read_text(encoding="utf-8"))
        if found.get("dir_info", {}).get("editable"):
            name = origin.parent.name[: -len(".dist-info")]
            raise BundleError(
                f"{name} is a link to {found['url']}, which no function has: write ./folder without -e"
            )


def distributions(folder: Path) -> dict[str, dict[str, list[str]]]:
    """Return for each installed distribution what it requires and its own paths, once all is compiled.

    Those are its folders and files without the ones that another has a part in, such as `google`.
    """
    found = {}
    files: dict[str, list[str]] = {}
    owners: dict[str, set[str]] = {}
    for info in sorted(folder.glob("*.dist-info")):
        # Old packages name their authors in other encodings.
        metadata = (info / "METADATA").read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
        match = re.search(r"^Name: (.+)$", metadata, re.MULTILINE)
        if not match:
            continue
        name = normal(match[1])
        found[name] = re.findall(r"^Requires-Dist: ([A-Za-z0-9._-]+)(?!.*extra ==)", metadata, re.MULTILINE)
        with (info / "RECORD").open(encoding="utf-8", newline="") as record:
            listed = [re.sub(r"\.py$", ".pyc", row[0]) for row in csv.reader(record) if row]
        files[name] = [path for path in listed if not re.match(r"(\.\.|bin|__pycache__)/", path)]
        for path in files[name]:
            for place in places(path):
                owners.setdefault(place, set()).add(name)
    own = {
        name: {next((place for place in places(path) if len(owners[place]) == 1), "") for path in paths}
        for name, paths in files.items()
    }
    return {
        name: {"requires": sorted(map(normal, requires)), "paths": sorted(own[name] - {""})}
        for name, requires in found.items()
    }


def places(path: str) -> list[str]:
    """Return the folders of a path from the top on, and itself: `a`, `a/b`, `a/b/c.py`."""
    parts = path.split("/")
    return ["/".join(parts[: number + 1]) for number in range(len(parts))]


def normal(name: str) -> str:
    """Return a distribution's name in its one spelling.

    https://packaging.python.org/en/latest/specifications/name-normalization/
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def matcher(globs: Iterable[str]) -> Callable[[str], bool]:
    """Return what tells whether a path matches: the last glob that does decides, `!` in front takes back."""
    rules = [(not glob.startswith("!"), re.compile(pattern(glob[glob.startswith("!") :]))) for glob in globs]
    return lambda name: next((value for value, rule in reversed(rules) if rule.fullmatch(name)), False)


def pattern(glob: str) -> str:
    """Return a glob as a regular expression: `*` within a folder's name, `**` across folders."""
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(wild.get(piece) or re.escape(piece) for piece in re.split(r"(\*\*/|\*\*|\*|\?)", glob))


def copy_files(source: Path, target: Path, left_out: Callable[[str], bool]) -> None:
    """Copy the files that are not left out."""
    files = {path: path.relative_to(source) for path in sorted(source.rglob("*")) if path.is_file()}
    copy_into(target, {path: name for path, name in files.items() if not left_out(name.as_posix())})


def copy_needed_libraries(libraries: list[Path], folder: Path) -> None:
    """Copy the shared libraries that something in the folder needs, and those that they need."""
    while True:
        needed = {name for path in elf_files(folder) for name in needs_of(path, folder).libraries}
        missing = [
            path for path in libraries if path.name in needed and not (folder / "lib" / path.name).exists()
        ]
        if not missing:
            return
        for path in missing:
            shutil.copyfile(path, folder / "lib" / path.name)


def set_modes(folder: Path) -> None:
    """Let everybody read, and run what can be run: the packager keeps modes, Lambda's user owns no file."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" or can_run(path) else 0o644)


def can_run(path: Path) -> bool:
    """Whether a file is a program: what is imported or loaded only is none, whatever its mode."""
    is_loaded = re.search(r"\.(pyc|so(\.[\d.]+)?)$", path.name)
    return not is_loaded and bool(path.stat().st_mode & stat.S_IXUSR)


def remove_unneeded_libraries(folder: Path) -> None:
    """Remove the shared libraries that wheels bring (`package.libs`) for modules that are left out."""
    brought = {path.name: path for path in folder.glob("*.libs/*")}
    unread = [path for path in elf_files(folder) if path not in brought.values()]
    needed: set[str] = set()
    while unread:
        names = brought.keys() & set(needs_of(unread.pop(), folder).libraries) - needed
        needed |= names
        unread += [brought[name] for name in names]
    for name in brought.keys() - needed:
        brought[name].unlink()


def check_elf_files(folder: Path, newest: tuple[int, ...]) -> None:
    """Make sure that Lambda can load every ELF file; raises BundleError with the file's name."""
    present = {path.name for path in folder.rglob("*.so*")}
    for path in elf_files(folder):
        name = path.relative_to(folder)
        needs = needs_of(path, folder)
        if needs.glibc > newest:
            raise BundleError(
                f"{name} needs glibc {version(needs.glibc)}, functions run on {version(newest)}: "
                "pin a release with a wheel for an older one"
            )
        for library in needs.libraries:
            if library not in present and library not in BASE_LIBRARIES:
                raise BundleError(
                    f"{name} needs {library}, which is neither in the bundle nor on Amazon Linux 2023: "
                    "leave the file out with `exclude` in netlify.toml, or pin a release that brings it"
                )


def needs_of(path: Path, folder: Path) -> elf.Needs:
    """Return what an ELF file in a folder needs; raises BundleError with the file's name."""
    try:
        return elf.needs(path)
    except elf.NotForLambdaError as error:
        name = path.relative_to(folder)
        raise BundleError(f"{name} {error}: leave it out with `exclude` in netlify.toml") from None


def elf_files(folder: Path) -> Iterator[Path]:
    """Yield the ELF files below a folder."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and elf.is_elf(path))


def version(numbers: tuple[int, ...]) -> str:
    """Return (2, 34) as 2.34."""
    return ".".join(map(str, numbers))


def content(folder: Path) -> str:
    """Return a digest of the files below a folder: a cache may have lost or damaged some."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return digest(*(thing for path in files for thing in (str(path.relative_to(folder)), path.read_bytes())))


def measure(folder: Path) -> list[int]:
    """Return the number of files below a folder and their bytes."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return [len(sizes), sum(sizes)]


def table(bundle: Bundle) -> str:
    """Return what is in the bundle as text for people."""
    rows = [(name, *part["measure"]) for name, part in bundle.state["parts"].items()]
    rows.append(("together", *measure(bundle.output)))
    origin = "the mirror that UV_PYTHON_DOWNLOADS_JSON_URL names" if mirror() else "python-build-standalone"
    lines = [f"CPython {bundle.plan.python} from {origin}", "part         files        MB"]
    lines += [f"{name:<10}{files:>8}{size / 1e6:>10.1f}" for name, files, size in rows]
    for function in bundle.plan.functions:
        if absent := bundle.absent(function):
            lines.append(f"{function} does without {', '.join(sorted(absent))}")
    return "\n".join(lines)


def mirror() -> bytes:
    """Return the list of interpreters that uv is told to use, if it is a file."""
    place = re.sub("^file://", "", os.environ.get("UV_PYTHON_DOWNLOADS_JSON_URL", ""))
    return Path(place).read_bytes() if place and Path(place).is_file() else place.encode()


def runs_here() -> bool:
    """Whether this machine runs what Lambda runs."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def digest(*things: str | bytes) -> str:
    """Return a SHA-256 over all the things."""
    total = hashlib.sha256()
    for thing in things:
        total.update(hashlib.sha256(thing if isinstance(thing, bytes) else thing.encode()).digest())
    return total.hexdigest()


def run(command: list[str], failure: str, **variables: str) -> str:
    """Run a command and return what it printed; raises BundleError with its last words."""
    # A company's proxy has its certificate in the machine's store, which uv alone does not read.
    given = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    environment = {"UV_SYSTEM_CERTS": "1", **given, **variables}
    done = subprocess.run(
        command, env=environment, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if done.returncode:
        raise BundleError(f"{failure}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


CODE = digest(*(path.read_bytes() for path in (*sorted(HERE.glob("*.py")), HOST, TYPES)))
"""This very code: what it would build otherwise is built anew."""


if __name__ == "__main__":
    try:
        main()
    except (BundleError, requirements.RequirementsError, VersionError) as error:
        sys.exit(f"{error}")
