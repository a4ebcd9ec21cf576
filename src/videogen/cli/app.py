"""The commands. Each reads its options, asks where it must, calls what does the work, and prints.

Exit codes: 0 done, 1 not done or not well, 2 wrong usage, 130 interrupted. Answers go to standard output,
progress and errors to standard error, so that `--json` can be piped.
"""

from __future__ import annotations

import contextlib
import functools
import math
import secrets
import tomllib
import unicodedata
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from videogen import jobs as job_rules
from videogen import service, signing
from videogen import settings as site_settings
from videogen.cli import doctor as doctor_checks
from videogen.cli import money, purging, recent, story, terminal_page, usage_plots
from videogen.cli import usage as usage_report
from videogen.cli.api_client import Site, SiteError, new_http
from videogen.cli.bucket import Bucket, Listed
from videogen.cli.environment import read_environment
from videogen.cli.findings import Finding
from videogen.cli.progress import shown
from videogen.cli.terminal import errors, indented, one_line, pasteable, print_json, print_table, say, tell
from videogen.clock import Clock
from videogen.errors import (
    FAILURES,
    JobEnded,
    JobNotFound,
    MalformedRecord,
    NoSuchObject,
    SettingsError,
    StoreUnavailable,
    VideogenError,
)
from videogen.functions.start_video import IDEMPOTENCY_KEY
from videogen.variables import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from videogen.job_store import StoredJob
    from videogen.settings import Settings

CLOCK = Clock()
DAY = 24 * 60 * 60.0
LONG_PERIOD = 7
"""Days of which the plots show days; of fewer they show hours."""
OFTEN, SELDOM = "What everyone needs", "The rest"

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Look after a videogen site. Settings come from the environment and from .env in this folder.",
)


def check_site(site: str | None) -> str | None:
    """Return the address of a site, with its scheme; raises BadParameter with the form that is wanted."""
    address = site_settings.site_address((site or "").strip())
    if site and not address:
        named = "this" if "@" in site else site  # there may be a password before it
        raise typer.BadParameter(
            one_line(f"{named} is no web address: write it as https://my-videos.netlify.app")
        )
    return address or None


def need_site(site: str | None) -> str:
    """Return the address of a site that has to be named; raises BadParameter."""
    address = check_site(site)
    if address is None:
        raise typer.BadParameter("name a site, such as https://my-videos.netlify.app")
    return address


def check_text(text: str | None) -> str | None:
    """Return what is sent as it is; raises BadParameter where the terminal's bytes were no text."""
    if text is not None and any("\ud800" <= character <= "\udfff" for character in text):
        raise typer.BadParameter("this is no text in UTF-8: is the terminal's encoding the locale's?")
    return text


def check_key(key: str | None) -> str | None:
    """Return an idempotency key; raises BadParameter with the form that is wanted."""
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        raise typer.BadParameter("a key has 16 to 255 visible ASCII characters")
    return key


def check_output(out: Path | None) -> Path | None:
    """Return where a video goes; raises BadParameter where nothing can be written."""
    if fault := terminal_page.fault_of(out or Path("videogen.mp4")):
        raise typer.BadParameter(one_line(fault))
    return out


# A job id may begin with a dash, so a command that takes one has no short options.
JOB = {"ignore_unknown_options": True, "help_option_names": ["--help"]}

JobsArgument = Annotated[
    list[str], typer.Argument(metavar="JOB…", help="The jobs' ids, or the page's links to them.")
]
JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="The job's id, or the page's link to it.")]
SiteOption = Annotated[
    str, typer.Option("--site", callback=need_site, help="The deployed site, or VIDEOGEN_SITE.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", help="Only check how the jobs of the last 30m, 1h or 2d went.")
]
KeyOption = Annotated[
    str | None,
    typer.Option("--key", callback=check_key, help="Continue the job of this idempotency key."),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
DaysOption = Annotated[int, typer.Option(min=1, max=site_settings.MOST_KEEP_DAYS, help="How many days back.")]


def check_day(day: str | None) -> str | None:
    """Return a day that there is; raises BadParameter with the form that is wanted."""
    try:
        found = None if day is None else datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise typer.BadParameter(one_line(f"{day} is no day: write it as 2026-11-22")) from None
    return None if found is None else found.date().isoformat()


def check_code(code: str | None) -> str | None:
    """Return a failure code that there is; raises BadParameter with all of them."""
    if code is not None and code not in FAILURES:
        raise typer.BadParameter(one_line(f"{code} is none of {', '.join(FAILURES)}"))
    return code


def folded(text: str) -> str:
    """Return a text as it is searched: in whatever case and Unicode form it was typed."""
    return unicodedata.normalize("NFC", text).casefold()


def moment_of(day: str) -> float:
    """Return the beginning of a UTC day, in seconds since 1970."""
    return datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp()


def version_here() -> str:
    """Return the version of the package, or of the repository that the command is run from."""
    try:
        return metadata.version("videogen")
    except metadata.PackageNotFoundError:
        project = Path(__file__).parents[3] / "pyproject.toml"
    try:
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
    except OSError:  # the worker's image has the sources alone
        return "unknown: there is no pyproject.toml beside src"


def print_version(value: bool) -> None:  # noqa: FBT001 - typer calls it so
    """Print the version and end."""
    if value:
        tell(f"videogen {version_here()}")
        raise typer.Exit


@app.callback()
def common(
    context: typer.Context,
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take what all commands have in common: the version is printed, and the site named."""
    del version
    with telling():
        site = site_settings.value(read_environment(), "VIDEOGEN_SITE")
    if site:
        context.default_map = {name: {"site": site} for name in getattr(context.command, "commands", ())}


@app.command(rich_help_panel=OFTEN)
def doctor(
    *,
    site: Annotated[
        str | None,
        typer.Option(
            "--site", callback=check_site, help="The deployed site, to check it as well, or VIDEOGEN_SITE."
        ),
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Set the bucket's rules where they are missing.")
    ] = False,
    buy_one: Annotated[
        bool, typer.Option("--buy-one", help="Buy one video of a test card; asks first, costs money.")
    ] = False,
    since: SinceOption = None,
    as_json: JsonOption = False,
    yes: YesOption = False,
) -> None:
    """Say whether the site can work, and what to do where it cannot. Exits with 1 if something fails."""
    environ = read_environment()
    findings: list[Finding] = []

    def tell_all(found: Iterable[Finding]) -> None:
        for finding in found:
            findings.append(finding)
            if not as_json:
                print_finding(finding)

    try:
        with telling():
            if since is None:
                tell_all(examine_site(environ, site=site, fix=fix))
            else:
                tell_all(examine_jobs(since))
            if buy_one and not is_failed(findings):
                tell_all(buy_test_card(environ, yes=yes))
    finally:
        if as_json:
            print_json([asdict(finding) for finding in findings])
    if is_failed(findings):
        raise typer.Exit(1)


@app.command(rich_help_panel=SELDOM)
def jobs(
    *,
    days: DaysOption = 7,
    day: Annotated[
        str | None, typer.Option(callback=check_day, help="One UTC day, such as 2026-11-22.")
    ] = None,
    status: Annotated[
        list[job_rules.Status] | None, typer.Option(help="Only jobs in this status; repeat it for more.")
    ] = None,
    code: Annotated[
        str | None, typer.Option(callback=check_code, help="Only this failure code, such as no_video.")
    ] = None,
    find: Annotated[str, typer.Option(help="Only prompts that contain this text.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="List at most this many.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List jobs, the newest first."""
    with telling():
        bucket, _ = open_bucket()
        found = read_jobs(bucket, since=moment_of(day) if day else CLOCK.now() - days * DAY).jobs
    chosen = [
        job
        for job in found
        if (day is None or usage_report.day_of(job.created_at) == day)
        and (not status or job.status in status)
        and (code is None or (job.failure is not None and job.failure.code == code))
        and folded(find) in folded(job.prompt)
    ][:limit]
    if as_json:
        print_json([story.as_json(job) for job in chosen])
    elif chosen:
        print_table(
            ("created", "job", "status", "seconds", "money", "failure", "prompt"),
            [
                (
                    job_rules.timestamp(job.created_at)[:19] + "Z",
                    job.id,
                    job.stage or job.status,
                    "" if job.completed_at is None else f"{job.completed_at - job.created_at:.0f}",
                    job.charged,
                    job.failure.code if job.failure else "",
                    job.prompt,
                )
                for job in chosen
            ],
            last_shrinks=True,
        )
    else:
        tell("no jobs")


@app.command(context_settings=JOB, rich_help_panel=OFTEN)
def show(job: JobArgument, *, as_json: JsonOption = False) -> None:
    """Tell one job's story: what happened, when, and whether money was spent."""
    with telling():
        bucket, _ = open_bucket()
        stored = read_job(bucket, job)
        found = stored.job
        objects = list(bucket.objects_of(found.id))
    if as_json:
        print_json({"record": story.as_json(found), "objects": [asdict(entry) for entry in objects]})
        return
    for name, value in story.summary(found).items():
        tell(indented(f"{name:<15}{value}", 15))
    print_table(("when", "action", "what happened"), story.told(found))
    if objects:
        print_table(
            ("object", "bytes", "written"),
            [(entry.key, str(entry.bytes), job_rules.timestamp(entry.modified)) for entry in objects],
        )
    else:
        tell("no photo and no video is stored")


@app.command(context_settings=JOB, rich_help_panel=SELDOM)
def retry(
    job: JobArgument,
    *,
    site: SiteOption,
    key: KeyOption = None,
    as_json: JsonOption = False,
    yes: YesOption = False,
) -> None:
    """Make a job again as a new one, from the same photos and prompt. Asks first: it may buy a video."""
    key = key or new_key()
    known = {"key": key}
    with telling(known if as_json else None), new_http() as http:
        bucket, found = open_bucket()
        old = read_job(bucket, job).job
        if old.is_rescuable:
            say("This job's paid video may still be there: it is saved, and nothing is bought.")
        else:
            ask(f"This buys one video ({price(found, old.model)}). Go on?", yes=yes)
        say(f"key {key}")
        with naming_the_way_on(["videogen", "retry", "--site", site, "--key", key, "--yes", "--", job]):
            started = start_again(Site(site, http), found, old, key=key)
        print_started({**started, **known}, site, as_json=as_json)


@app.command(context_settings=JOB, rich_help_panel=OFTEN)
def rescue(job: JobArgument, *, site: SiteOption, as_json: JsonOption = False) -> None:
    """Save a video that was paid for and never stored, as a new job that buys nothing."""
    with telling(), new_http() as http:
        bucket, found = open_bucket()
        old = read_job(bucket, job).job
        if not old.is_rescuable or old.is_improvable:
            stop(f"there is nothing to rescue: {why_not_rescuable(old)}")
        # However often it is asked, there is one rescue at a time: no key has to be kept.
        print_started(start_again(Site(site, http), found, old, key=new_key()), site, as_json=as_json)


@app.command(context_settings=JOB, rich_help_panel=SELDOM)
def cancel(job: JobsArgument, *, as_json: JsonOption = False, yes: YesOption = False) -> None:
    """Cancel jobs. A paid call that is under way may still be charged."""
    ask(f"Cancel {count_of(job)}?", yes=yes)
    end_each(job, service.cancel, as_json=as_json)


@app.command(context_settings=JOB, rich_help_panel=SELDOM)
def erase(job: JobsArgument, *, as_json: JsonOption = False, yes: YesOption = False) -> None:
    """Erase the prompt, photos and video of jobs, for good. An empty record stays."""
    ask(f"Erase {count_of(job)}, for good?", yes=yes)
    with telling():
        bucket, _ = open_bucket()
        end_each(job, functools.partial(erase_whole, bucket), as_json=as_json)


@app.command(context_settings=JOB, rich_help_panel=SELDOM)
def fail(job: JobArgument, *, as_json: JsonOption = False, yes: YesOption = False) -> None:
    """End a job now instead of at its deadline.

    A waiting job costs nothing. The answer to a paid call under way is lost, unless its worker still delivers
    it. A video that was being saved can be rescued while the provider keeps it, for about an hour.
    """
    with telling():
        bucket, found = open_bucket()
        stored = read_job(bucket, job)
        preview = job_rules.give_up(stored.job, now=CLOCK.now())
        if preview is None or preview.failure is None:
            stop(f"this job has ended already: {stored.job.status}")
        say(f"{preview.failure.code}: {preview.failure.detail}")
        ask("End this job?", yes=yes)
        try:
            ended = service.give_up(service.Deps.over(bucket, found, clock=CLOCK), stored.job.id)
        except JobEnded:
            stop("this job has ended in the meantime: look with `videogen show`")
    if as_json:
        print_json(story.as_json(ended))
    else:
        tell(f"failed. {money.verdict(ended)}")
        if ended.is_rescuable:
            tell(f"videogen rescue {ended.id}")


@app.command(rich_help_panel=OFTEN)
def usage(
    *,
    days: DaysOption = 30,
    by: Annotated[usage_report.By, typer.Option(help="day, hour (UTC), model or dispatch.")] = "day",
    html: Annotated[
        Path | None, typer.Option("--html", help="Write plots into this file.", dir_okay=False)
    ] = None,
    plot: Annotated[bool, typer.Option("--plot", help="Print plots.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Count jobs, failures, waits, durations and money by day, hour, model or dispatch (call or queue)."""
    with telling():
        bucket, found = open_bucket()
        listed = read_jobs(bucket, since=CLOCK.now() - days * DAY)
        read = listed.jobs
        prices = {model.id: model.price for model in found.site.models}
        report = usage_report.grouped(read, prices, by)
        times = usage_report.grouped(read, prices, "day" if days > LONG_PERIOD else "hour")[:-1]
        models = usage_report.grouped(read, prices, "model")[:-1]
        if html is not None:
            title = f"{bucket.settings.bucket}: {len(read)} jobs in {days} days"
            html.write_text(usage_plots.page(title, times, models), encoding="utf-8")
            say(f"plots in {html}")
    if as_json:
        *groups, total = ({by: group.name, **asdict(group)} for group in report)
        print_json([*groups, {**total, "unreadable": len(listed.unreadable)}])
    elif plot:
        for line in usage_plots.lines(times, models):
            tell(line)
    else:
        print_table(
            (by, "jobs", "completed", "running", "wait s", "median s", "p90 s", "USD", "failures"),
            [
                (
                    group.name,
                    str(group.jobs),
                    str(group.completed),
                    str(group.running),
                    *(
                        "" if each is None else f"{each:.0f}"
                        for each in (group.wait, group.median, group.p90)
                    ),
                    usage_plots.money(group),
                    ", ".join(f"{count} {code}" for code, count in group.failures.items()),
                )
                for group in report
            ],
        )


@app.command(rich_help_panel=SELDOM)
def generate(
    photo: Annotated[
        Path, typer.Argument(metavar="PHOTO", help="A JPEG, PNG or WebP.", exists=True, dir_okay=False)
    ],
    prompt: Annotated[
        str, typer.Argument(metavar="PROMPT", callback=check_text, help="What happens in the video.")
    ],
    *,
    site: SiteOption,
    out: Annotated[
        Path | None, typer.Option("--output", "-o", callback=check_output, help="Where the MP4 goes.")
    ] = None,
    aspect_ratio: Annotated[str, typer.Option(callback=check_text, help="auto, 16:9 or 9:16.")] = "auto",
    model: Annotated[str | None, typer.Option(callback=check_text, help="One of the site's models.")] = None,
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a video from a photo and a prompt, and download it."""
    key = key or new_key()
    body: dict[str, Any] = {"prompt": prompt, "aspectRatio": aspect_ratio}
    if model is not None:
        body["model"] = model
    code = access_code()
    again = ["videogen", "generate", "--site", site, "--key", key]
    again += ["--aspect-ratio", aspect_ratio] if aspect_ratio != "auto" else []
    again += ["--model", model] if model else []
    again += ["--output", str(out)] if out else []
    again += ["--", str(photo), prompt]
    say(f"key {key}")
    started: dict[str, Any] = {"key": key}
    with telling(started if as_json else None), new_http() as http:
        body["photos"] = [{"name": one_line(photo.name), "data": terminal_page.photo_uri(photo)}]
        there = Site(site, http)
        with naming_the_way_on(again), shown(errors()) as show:
            answer = there.start(body, key=key, access_code=code)
            started["jobId"] = answer["jobId"]
            say(f"job {answer['jobId']}  {there.url}/#{answer['jobId']}")
            job = terminal_page.wait(there, answer, show, clock=CLOCK)
            target = out or Path(f"videogen-{job['jobId']}.mp4")
            size = terminal_page.download(http, job["downloadUrl"], target)
    if as_json:
        print_json({**job, "key": key, "file": str(target)})
    else:
        tell(f"{target} ({size} bytes, {job['elapsedSeconds']:.0f} s)")


@app.command(rich_help_panel=SELDOM)
def worker(
    *,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=1000, help="Jobs at a time.")] = 100,
    drain: Annotated[
        float, typer.Option("--drain", min=0, max=DAY, help="Seconds that a stop waits for paid calls.")
    ] = 900,
    health_port: Annotated[
        int | None, typer.Option("--health-port", min=1, max=65535, help="Serve /healthz and /metrics.")
    ] = None,
    health_host: Annotated[
        str, typer.Option("--health-host", help="The address to serve them on.")
    ] = "127.0.0.1",
) -> None:
    """Make the jobs of the SQS queue, a hundred at a time, until SIGTERM or Ctrl-C."""
    from videogen.queue import process  # noqa: PLC0415 - prometheus_client and Pillow: this command alone

    with telling():
        health = None if health_port is None else (health_host, health_port)
        raise typer.Exit(process.serve(read_environment(), slots=jobs, drain=drain, health=health))


@app.command(rich_help_panel=SELDOM)
def push_keys() -> None:
    """Print a new key pair for Web Push as two variables. Visitors then have to subscribe again."""
    from videogen.push import new_keys  # noqa: PLC0415 - no other command waits for the ciphers

    public, private = new_keys()
    tell(f"VIDEOGEN_VAPID_PUBLIC_KEY={public}\nVIDEOGEN_VAPID_PRIVATE_KEY={private}")


@app.command(rich_help_panel=SELDOM)
def purge(
    *,
    older_than: Annotated[
        int | None,
        typer.Option(min=1, max=site_settings.MOST_KEEP_DAYS, help="Days; without it, VIDEOGEN_KEEP_DAYS."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
    orphans: Annotated[
        bool, typer.Option("--orphans", help="Also delete files that belong to no record.")
    ] = False,
    as_json: JsonOption = False,
    yes: YesOption = False,
) -> None:
    """Delete old jobs with their photos and videos, and files that belong to no job."""
    with telling():
        bucket, found = open_bucket()
        days = older_than or found.site.keep_days
        wanted = purging.plan(
            bucket.entries("jobs/"),
            [*bucket.entries("photos/"), *bucket.entries("videos/")],
            bucket.entries("ledger/"),
            now=CLOCK.now(),
            older_than=days * DAY,
        )
        if wanted.orphans and not orphans and (wanted.lost_videos or not wanted.has_records):
            stop(
                f"nothing is deleted: {len(wanted.orphans)} files ({wanted.lost_videos} videos) have no "
                "record under jobs/. If records were lost, bring them back first (docs/runbook.md); to "
                "delete the files as well: videogen purge --orphans"
            )
        size = sum(entry.bytes for entry in wanted.entries) / 1_000_000
        text = f"{len(wanted.entries)} objects older than {days} days or of no job, {size:.1f} MB"
        if not dry_run:
            ask(f"Delete {text}, and unfinished uploads older than {days} days, for good?", yes=yes)
            # Records last: an interrupted purge finds the rest by them.
            for part in (wanted.orphans, wanted.files, wanted.records):
                bucket.delete_all(entry.key for entry in part)
            abort_uploads(bucket, "videos/", before=CLOCK.now() - days * DAY)
    if as_json:
        print_json({"deleted": not dry_run, "objects": [entry.key for entry in wanted.entries]})
    else:
        tell(("would delete: " if dry_run else "deleted: ") + text)


# --- what the commands share -------------------------------------------------------------------------------


def print_finding(finding: Finding) -> None:
    """Print one line of the doctor's, and the remedy below it."""
    tell(indented(f"{finding.level:<8}{finding.about}: {finding.detail}", 8))
    if finding.remedy:
        tell(indented(f"        → {finding.remedy}", 10))


def is_failed(findings: list[Finding]) -> bool:
    """Whether something has failed."""
    return any(finding.level == "failure" for finding in findings)


def examine_site(environ: Mapping[str, str], *, site: str | None, fix: bool) -> Iterator[Finding]:
    """Yield whether the site can work; where the proxy's variables cannot be used, as asked without them."""
    try:
        http = new_http()
    except SiteError as error:
        yield Finding("failure", "network", error.detail, "correct the variable, or unset it")
        http = new_http(trusting_environment=False)
    with http:
        yield from doctor_checks.examine(environ, http=http, site=site, fix=fix)


def examine_jobs(since: str) -> Iterator[Finding]:
    """Yield how the jobs of the last while went; ends the command where that is no time."""
    try:
        seconds = recent.seconds_of(since)
    except ValueError as error:
        raise typer.BadParameter(one_line(str(error)), param_hint="--since") from None
    now = CLOCK.now()
    try:
        bucket, _ = open_bucket()
        listed = read_jobs(bucket, since=now - seconds)
    except VideogenError as error:
        yield Finding("failure", "jobs", error.detail, "ask everything: videogen doctor")
        return
    yield from recent.examine(listed.jobs, unreadable=listed.unreadable, since=since, now=now)


def read_jobs(bucket: Bucket, *, since: float) -> Listed:
    """Read the jobs created since a moment, showing how far it is, and name what cannot be read."""
    with errors().status("reading jobs") as shown:
        listed = bucket.jobs(since=since, told=lambda done, of: shown.update(f"reading jobs: {done} of {of}"))
    if listed.unreadable:
        named = recent.named(listed.unreadable)
        say(f"videogen: {len(listed.unreadable)} records cannot be read and are left out: {named}")
    return listed


def end_each(
    texts: list[str], end: Callable[[service.Deps, str, str], job_rules.Job | None], *, as_json: bool
) -> None:
    """Cancel or erase each job with its owner's rights; one that cannot be leaves the others alone.

    What goes wrong with a job is told with its id, and is the exit code.
    """
    ended: list[job_rules.Job] = []
    is_whole = True
    with telling():
        bucket, found = open_bucket()
        deps = service.Deps.over(bucket, found, clock=CLOCK)
        for job_id in [job_id_of(text) for text in texts]:
            try:
                job = end(deps, job_id, signing.owner_token(deps.keys[0], job_id))
            except VideogenError as error:
                is_whole = False
                say(indented(f"videogen: {job_id}: {error.detail}", 10))
                continue
            if job is None:
                continue
            ended.append(job)
            if not as_json:
                tell(f"{job_id} {job.status}. {money.verdict(job)}")
    if as_json:
        print_json([story.as_json(job) for job in ended])
    if not is_whole:
        raise typer.Exit(1)


def erase_whole(bucket: Bucket, deps: service.Deps, job_id: str, owner_token: str) -> job_rules.Job | None:
    """Erase a job; of one whose record is damaged or lost, its photos and video. Raises as erase does.

    Parts of a video whose upload never ended go as well, if the store lists them. A damaged record stays:
    without it the job's idempotency key would buy a second video. Where the record is lost, it says how many
    files there were and returns None.
    """
    unfinished = f"videos/{job_id}/"
    try:
        job = service.erase(deps, job_id, owner_token)
    except (JobNotFound, MalformedRecord) as error:
        keys = [entry.key for entry in bucket.objects_of(job_id)]
        bucket.delete_all(keys)
        abort_uploads(bucket, unfinished)
        if isinstance(error, JobNotFound):
            if not keys:
                raise
            say(f"videogen: {job_id}: files deleted: {len(keys)}; there is no record")
            return None
        raise MalformedRecord(
            f"{error.detail}: photos and video are deleted; the record stays, and may hold the prompt, until "
            "the bucket's rules or videogen purge delete it"
        ) from None
    abort_uploads(bucket, unfinished)
    return job


def abort_uploads(bucket: Bucket, folder: str, *, before: float = math.inf) -> None:
    """Abort unfinished uploads; where that fails, only say so: what was to be deleted is deleted already."""
    try:
        bucket.abort_uploads(folder, before=before)
    except StoreUnavailable as error:
        say(f"videogen: unfinished uploads under {folder} could not be looked for: {error.detail}")


def count_of(texts: list[str]) -> str:
    """Return how many jobs that is, in words."""
    return "this job" if len(texts) == 1 else f"these {len(texts)} jobs"


@contextlib.contextmanager
def telling(known: Mapping[str, Any] | None = None) -> Iterator[None]:
    """End with one line and exit code 1 where something goes wrong that a person can do something about.

    What is `known` so far is printed as JSON, with the error: for whoever reads nothing but that.
    """
    try:
        yield
    except (VideogenError, OSError) as error:
        text = error.detail if isinstance(error, VideogenError) else str(error)
        if known is not None:
            print_json({**known, "error": text})
        stop(text)


@contextlib.contextmanager
def naming_the_way_on(command: list[str]) -> Iterator[None]:
    """Where the wait breaks off and the job does not, print the command that goes on."""
    hint = f"\nThe site goes on by itself. To go on here, without buying again:\n{pasteable(command)}"
    try:
        yield
    except KeyboardInterrupt:
        say(hint)
        raise typer.Exit(130) from None
    except (SiteError, OSError) as error:
        if not isinstance(error, SiteError) or error.transient:
            say(hint)
        raise


def stop(text: str) -> NoReturn:
    """End with exit code 1 and one line that says why."""
    say(indented(f"videogen: {text}", 10))
    raise typer.Exit(1)


def access_code() -> str:
    """Return VIDEOGEN_ACCESS_CODE, "" where it is not set; ends the command where no header can carry it."""
    code = site_settings.value(read_environment(), "VIDEOGEN_ACCESS_CODE")
    if not (code.isascii() and code.isprintable()):
        stop(f"VIDEOGEN_ACCESS_CODE is malformed: write it as {VARIABLES['VIDEOGEN_ACCESS_CODE'].form}")
    return code


def ask(question: str, *, yes: bool) -> None:
    """Go on only at a yes; without anybody to answer it is a no."""
    if not yes:
        typer.confirm(one_line(question), abort=True, err=True)


def open_bucket() -> tuple[Bucket, Settings]:
    """Return the bucket and the settings of this environment; raises SettingsError."""
    found = site_settings.read(read_environment())
    return Bucket(found.s3), found


def job_id_of(text: str) -> str:
    """Return the id of a job that is named by it or by its permalink; ends the command where that is none."""
    job_id = text.rpartition("#")[2]
    if not signing.is_job_id(job_id):
        stop(f"{text} is no job's id: it has 22 letters, digits, dashes and underscores")
    return job_id


def read_job(bucket: Bucket, text: str) -> StoredJob:
    """Read a job by its id or permalink; ends the command where there is none."""
    job_id = job_id_of(text)
    try:
        return bucket.store.read(job_id)
    except NoSuchObject:
        stop(f"there is no job {job_id} in {bucket.settings.bucket}/{bucket.settings.prefix}jobs/")
    except MalformedRecord as error:
        stop(error.detail)


def new_key() -> str:
    """Return a new idempotency key."""
    return f"cli-{secrets.token_urlsafe(16)}"


def start_again(site: Site, found: Settings, old: job_rules.Job, *, key: str) -> dict[str, Any]:
    """Ask the site for a job made of an old one's photos; raises SiteError."""
    if old.deleted_at is not None:
        stop("this job has been erased: its photos and prompt are gone")
    code = found.site.access_code
    return site.start(
        {
            "prompt": old.prompt,
            "aspectRatio": old.aspect_ratio,
            "model": old.model,
            "retryOf": old.id,
            "ownerToken": signing.owner_token(found.signing_keys[0], old.id),
        },
        key=key,
        access_code=code.reveal() if code else "",
    )


def why_not_rescuable(job: job_rules.Job) -> str:
    """Return the reason in one line."""
    if job.video is not None:
        return "its video is stored"
    if not job.has_ended or job.is_improvable:
        return "the worker may still bring the video; ask again 16 minutes after the job's start"
    if job.failure is not None and job.failure.code in {"video_gone", "video_refused"}:
        return job.failure.detail
    return "the provider never gave a link to a video"


def price(found: Settings, model: str) -> str:
    """Return a model's price in words."""
    known = {listed.id: listed.price for listed in found.site.models}.get(model)
    return f"{model}, price not set" if known is None else f"{model}, {known:.2f} USD"


def print_started(started: Mapping[str, Any], site: str, *, as_json: bool) -> None:
    """Print a new job."""
    if as_json:
        print_json(started)
    else:
        tell(f"{started['jobId']}\n{site.rstrip('/')}/#{started['jobId']}")


def buy_test_card(environ: Mapping[str, str], *, yes: bool) -> Iterator[Finding]:
    """Buy one video of a test card after asking, and yield what it proved; interrupted, end the command."""
    from videogen.cli import purchase  # noqa: PLC0415 - Pillow is slow to import

    found = site_settings.read(environ, blackbox=True)
    model = found.site.models[0]
    target = Path("videogen-test-card.mp4")
    if fault := terminal_page.fault_of(target):
        yield Finding("failure", purchase.ABOUT, f"{fault}: nothing was bought", "go to another folder")
        return
    try:
        ask(f"This buys one video ({price(found, model.id)}). Go on?", yes=yes)
    except typer.Abort:
        yield Finding("failure", purchase.ABOUT, "not bought: the question was not answered with yes")
        return
    if found.blackbox is None:
        raise SettingsError
    try:
        with errors().status("buying one video"):
            bought = purchase.buy(found.blackbox, model.id, target)
    except purchase.NotKept as lost:
        detail = f"bought, not kept ({words_of(lost.cause) or 'interrupted'}): {lost.link}"
        yield Finding(
            "failure", purchase.ABOUT, detail, "fetch it by this link, which counts for about an hour"
        )
        if isinstance(lost.cause, KeyboardInterrupt):
            raise typer.Exit(130) from None
    except KeyboardInterrupt:
        detail = "interrupted: one video may have been charged"
        yield Finding("failure", purchase.ABOUT, detail, "look in your Blackbox account whether it was")
        raise typer.Exit(130) from None
    except (VideogenError, OSError) as error:
        yield Finding("failure", purchase.ABOUT, words_of(error), "docs/runbook.md")
    else:
        yield bought


def words_of(error: BaseException) -> str:
    """Return all that an error of the purchase says."""
    words = (str(getattr(error, name, "")) for name in ("code", "note", "answer_shape", "detail"))
    return " ".join(filter(None, words)) or str(error)
