"""One call, or one long-running operation, against the API."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import httpx

from studiolo.client.errors import ApiError, ConnectionFailed, OperationFailed, error_of

Json = dict[str, Any]
Progress = Callable[[str], None]
"""Told the operation's status at every poll."""

POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 60.0
"""How long polling goes on while nobody answers: a control plane restarts well within it."""

_BUSY_ATTEMPTS = 3
_ENDED_BADLY = ("Failed", "Canceled")


class Http:
    """Requests with a bearer token, errors as exceptions, operations waited for.

    :param clock: seconds that only go forward; `sleep` waits. Both are given by tests.
    """

    def __init__(
        self,
        client: httpx.Client,
        token: str = "",
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self.token = token
        self._clock = clock
        self._sleep = sleep

    def with_token(self, token: str) -> "Http":
        """The same server, called with another token."""
        return Http(self._client, token, clock=self._clock, sleep=self._sleep)

    def send(
        self,
        method: str,
        url: str,
        *,
        version: str | None = None,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send one request and return a reply below 400.

        A 429 is waited for and tried again; nothing else is repeated.

        :raises ApiError: the server refused.
        :raises ConnectionFailed: nobody answered.
        """
        params = {**(query or {}), **({"api-version": version} if version else {})}
        wanted = dict(headers or {})
        if self.token:
            wanted["Authorization"] = f"Bearer {self.token}"
        for attempt in range(_BUSY_ATTEMPTS):
            response = self._once(method, url, params, body, wanted)
            if response.status_code != 429 or attempt == _BUSY_ATTEMPTS - 1:
                break
            self._sleep(min(float(response.headers.get("Retry-After", "1") or 1), 30.0))
        if response.status_code >= 400:
            raise error_of(response)
        return response

    def _once(
        self,
        method: str,
        url: str,
        params: Mapping[str, str],
        body: Any,
        headers: Mapping[str, str],
    ) -> httpx.Response:
        try:
            return self._client.request(
                method, url, params=params or None, json=body, headers=headers
            )
        except httpx.HTTPError as error:
            raise ConnectionFailed(
                f"Studiolo at {self._client.base_url} does not answer ({_cause(error)}). "
                "Start it with 'studiolo up', or choose another with 'studiolo login --server'."
            ) from error

    def json(self, method: str, url: str, **rest: Any) -> Json:
        """Like :meth:`send`, for a reply that is a JSON object; an empty reply is `{}`."""
        response = self.send(method, url, **rest)
        return cast("Json", response.json()) if response.content else {}

    def pages(
        self, url: str, *, version: str, query: Mapping[str, str] | None = None
    ) -> Iterator[Json]:
        """Every item of a list, following `nextLink` as far as the caller reads."""
        page = self.json("GET", url, version=version, query=query)
        while True:
            yield from page.get("value", [])
            link = page.get("nextLink")
            if not link:
                return
            page = self.json("GET", link)

    def wait(self, response: httpx.Response, progress: Progress | None = None) -> None:
        """Poll what a 201 or 202 began until it has ended. Other replies have ended already.

        :raises OperationFailed: it ended as Failed or Canceled.
        """
        url = response.headers.get("Azure-AsyncOperation")
        if url is None:
            return
        patience = self._clock() + _PATIENCE_SECONDS
        while True:
            try:
                operation = self.json("GET", url)
            except (ConnectionFailed, ApiError) as error:
                if not _passing(error) or self._clock() > patience:
                    raise
                operation = {"status": "InProgress"}
            else:
                patience = self._clock() + _PATIENCE_SECONDS
            status = str(operation.get("status"))
            if progress is not None:
                progress(status)
            if status in _ENDED_BADLY:
                raise _failure(status, operation.get("error") or {})
            if status == "Succeeded":
                return
            self._sleep(POLL_SECONDS)


def _passing(error: Exception) -> bool:
    """Whether a poll may simply be repeated: the server is away or busy, not refusing."""
    return not isinstance(error, ApiError) or error.status in (429, 500, 502, 503, 504)


def _failure(status: str, error: Mapping[str, Any]) -> OperationFailed:
    default = (
        "The operation failed without a reason; see 'studiolo compute show'."
        if status == "Failed"
        else "The operation was overtaken by a later request."
    )
    code = str(error.get("code", f"Operation{status}"))
    return OperationFailed(str(error.get("message") or default), code=code)


def _cause(error: httpx.HTTPError) -> str:
    text = str(error) or type(error).__name__
    return text.removeprefix("[Errno 111] ").lower()
