"""Types for annotations of a handler: `from netlify_functions import Context, Event, Response`.

At run time they are plain names: nothing is imported and nothing is checked.
"""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, TypedDict

    class Identity(TypedDict):
        """Who asks."""

        sourceIp: str | None
        userAgent: str | None

    class Netlify(TypedDict):
        """What only Netlify knows."""

        site: dict[str, str | None]
        deploy: dict[str, Any]
        url: str

    class RequestContext(TypedDict):
        """What is known of the request beside itself."""

        requestId: str
        identity: Identity
        domainName: str
        httpMethod: str
        path: str
        stage: str
        requestTime: str
        requestTimeEpoch: int
        netlify: Netlify

    class Event(TypedDict):
        """A request, as API Gateway's proxy integration describes it in format 1.0."""

        httpMethod: str
        path: str
        resource: str
        headers: dict[str, str]
        multiValueHeaders: dict[str, list[str]]
        queryStringParameters: dict[str, str] | None
        multiValueQueryStringParameters: dict[str, list[str]] | None
        pathParameters: dict[str, str] | None
        stageVariables: None
        requestContext: RequestContext
        body: str | None
        isBase64Encoded: bool

    class Response(TypedDict, total=False):
        """What a handler answers; only `statusCode` must be there."""

        statusCode: int
        headers: dict[str, object]
        multiValueHeaders: dict[str, list[object]]
        cookies: list[str]
        body: str | bytes | None
        isBase64Encoded: bool

    class Context:
        """What a handler gets beside the event."""

        aws_request_id: str
        function_name: str
        function_version: str
        invoked_function_arn: str
        memory_limit_in_mb: int
        log_group_name: str
        log_stream_name: str
        identity: None
        client_context: None

        def get_remaining_time_in_millis(self) -> int:
            """Milliseconds until the function is ended; never below zero."""
            ...

else:
    Event = Response = dict
    Context = object
