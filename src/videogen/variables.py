"""The one list of the variables that this project reads: what each is for, who sees it, which is secret.

`.env.example`, the tables of README and docs/deploy.md, the test runner and the plugin's inputs are checked
against it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Reader = Literal[
    "start-video",
    "check-video-status",
    "cancel-video",
    "notify-video",
    "generate-video-background",
    "build",
    "cli",
    "dev",
]
"""A function, the build, the `videogen` command (its worker included), or what stands in under `make dev`."""

DEFAULT_BASE_URL = "https://api.blackbox.ai"
DEFAULT_MODEL = "blackboxai/google/veo-3-fast"

_START: frozenset[Reader] = frozenset({"start-video", "cli"})
_WORKER: frozenset[Reader] = frozenset({"generate-video-background", "cli"})
_FUNCTIONS: frozenset[Reader] = frozenset(
    {
        "start-video",
        "check-video-status",
        "cancel-video",
        "notify-video",
        "generate-video-background",
        "cli",
    }
)
_BUILD: frozenset[Reader] = frozenset({"build"})
_NOTIFY: frozenset[Reader] = frozenset({"notify-video"})


class Variable(NamedTuple):
    """A variable of the environment.

    `form` shows a value, or says where it comes from; errors and examples quote it. `default` is what counts
    where the variable is not set. A secret one must be marked so at Netlify; the others may not be, since
    they stand in the page or in every link, where the scan for leaked secrets would find them.
    """

    name: str
    meaning: str
    form: str
    read_by: frozenset[Reader]
    default: str = ""
    is_needed: bool = False
    is_secret: bool = False


VARIABLES: Mapping[str, Variable] = {
    variable.name: variable
    for variable in (
        Variable(
            "BLACKBOX_API_KEY",
            "the key of your Blackbox account",
            "sk-… as your Blackbox account shows it",
            _WORKER,
            is_needed=True,
            is_secret=True,
        ),
        Variable(
            "BLACKBOX_BASE_URL",
            "where the API is",
            "https://api.blackbox.ai",
            _WORKER,
            default=DEFAULT_BASE_URL,
        ),
        Variable(
            "BLACKBOX_MODELS",
            "models to offer, `id` or `id=price` in USD a video, by commas; the first is the default",
            f"{DEFAULT_MODEL}=0.80",
            _START | _BUILD,
            default=DEFAULT_MODEL,
        ),
        Variable(
            "BLACKBOX_IMAGE_MODE",
            "how a photo travels: `data`, `url` or `field`",
            "data",
            _WORKER,
            default="data",
        ),
        Variable(
            "BLACKBOX_VIDEO_PARAMETERS",
            "a JSON object of further fields of the request, such as the length of the video",
            '{"duration": 8}',
            _WORKER,
        ),
        Variable("S3_BUCKET", "the bucket's name", "my-videos", _FUNCTIONS | _BUILD, is_needed=True),
        Variable(
            "S3_REGION",
            "its region; `auto` for Cloudflare R2",
            "us-east-2",
            _FUNCTIONS | _BUILD,
            is_needed=True,
        ),
        Variable(
            "S3_ENDPOINT_URL",
            "the address of a store that is not AWS, without the bucket's name",
            "https://s3.example.com",
            _FUNCTIONS | _BUILD,
        ),
        Variable(
            "S3_ACCESS_KEY_ID",
            "the access key of a user of the bucket",
            "AKIA… as the store shows it",
            _FUNCTIONS,
            is_needed=True,
            is_secret=True,
        ),
        Variable(
            "S3_SECRET_ACCESS_KEY",
            "the secret half of that access key",
            "the 40 or so characters that the store shows once",
            _FUNCTIONS,
            is_needed=True,
            is_secret=True,
        ),
        Variable("S3_PREFIX", "a folder in the bucket", "videogen", _FUNCTIONS),
        Variable(
            "VIDEOGEN_SIGNING_SECRET",
            "signs the worker's calls and owner tokens; several, separated by spaces, for rotation",
            "the output of `echo whsec_$(openssl rand -base64 32)`",
            _FUNCTIONS,
            is_needed=True,
            is_secret=True,
        ),
        Variable(
            "VIDEOGEN_DAILY_LIMIT",
            "videos a UTC day for the whole site; `none` for no limit; a day has three times as many starts",
            "20",
            _FUNCTIONS | _BUILD,
            default="20",
        ),
        Variable(
            "VIDEOGEN_ACCESS_CODE",
            "if set, needed to start a video",
            "8 or more letters, digits and signs of ASCII",
            _START | _BUILD,
            is_secret=True,
        ),
        Variable(
            "VIDEOGEN_PAUSED",
            "a sentence for visitors; while it is set, no video can be started",
            "Back at noon.",
            _START | _BUILD,
        ),
        Variable(
            "VIDEOGEN_SECURITY_CONTACT",
            "if set, the site has a security.txt that names it: whom to tell of a weakness",
            "mailto:you@example.com",
            _BUILD,
        ),
        Variable(
            "VIDEOGEN_VIDEO_HOSTS",
            "if set, results are fetched from these hosts only, separated by commas",
            "replicate.delivery,fal.media",
            _WORKER,
        ),
        Variable(
            "VIDEOGEN_KEEP_DAYS",
            "how long the page says that a video is kept; the bucket's lifecycle rule does it",
            "30",
            _FUNCTIONS | _BUILD,
            default="30",
        ),
        Variable(
            "VIDEOGEN_JOB_MINUTES",
            "the whole life of a job: 10 to 16 minutes, with a queue up to 120",
            "16",
            _START,
            default="16",
        ),
        Variable(
            "VIDEOGEN_QUEUE_URL",
            "if set, jobs go to this SQS queue and `videogen worker` makes them",
            "https://sqs.us-east-2.amazonaws.com/123456789012/videogen",
            _FUNCTIONS,
        ),
        Variable(
            "VIDEOGEN_QUEUE_REGION",
            "the queue's region, where its address does not name it and it is not the bucket's",
            "us-east-2",
            _START,
        ),
        Variable(
            "VIDEOGEN_QUEUE_ACCESS_KEY_ID",
            "the access key of a user of the queue, where it is not the bucket's",
            "AKIA… as AWS shows it",
            _START,
            is_secret=True,
        ),
        Variable(
            "VIDEOGEN_QUEUE_SECRET_ACCESS_KEY",
            "the secret half of that access key",
            "the 40 characters that AWS shows once",
            _START,
            is_secret=True,
        ),
        Variable(
            "VIDEOGEN_VAPID_PUBLIC_KEY",
            "the public half of the site's key for Web Push; with both halves the page offers to tell",
            "65 bytes in base64, of which the first is 4",
            _WORKER | _BUILD | _NOTIFY,
        ),
        Variable(
            "VIDEOGEN_VAPID_PRIVATE_KEY",
            "the private half of that key",
            "32 bytes in base64",
            _WORKER,
            is_secret=True,
        ),
        Variable(
            "VIDEOGEN_VAPID_SUBJECT",
            "whom a push service may write to about the site's messages",
            "mailto:you@example.com",
            _WORKER,
        ),
        Variable(
            "VIDEOGEN_SITE",
            "the site that the `videogen` command asks",
            "https://my-videos.netlify.app",
            frozenset({"cli"}),
        ),
        Variable(
            "VIDEOGEN_SIMULATED",
            "set to 1 by `make dev` where the simulator stands in for Blackbox",
            "1",
            _FUNCTIONS | _BUILD,
        ),
        Variable(
            "VIDEOGEN_STORE",
            "the folder in which the store of `make dev` keeps its objects, or `memory`",
            ".store",
            frozenset({"dev"}),
            default=".store",
        ),
        Variable(
            "VIDEOGEN_LOCAL_QUEUE",
            "set to 1, `make dev` sends jobs through a queue of its own to a worker of its own",
            "1",
            frozenset({"dev"}),
        ),
        Variable(
            "VIDEOGEN_SIMULATOR_DELAY",
            "how many seconds the simulator of `make dev` takes for a video",
            "8",
            frozenset({"dev"}),
            default="8",
        ),
    )
}
