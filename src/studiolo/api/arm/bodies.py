"""Reading a request's JSON into a model, with errors that name the field.

The size is bounded while bytes arrive, whatever Content-Length claims; depth before models see it.
"""

import json
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studiolo.api.arm.envelope import TooLarge, UnsupportedMediaType, error_response
from studiolo.domain.errors import Detail, InvalidInput

MAX_BODY = 4 * 1024 * 1024
"""Bytes. ARM's own limit for a request's content."""

MAX_DEPTH = 64
"""Nesting of objects and lists; the SDK's workspace template has 14."""

MAX_VALUES = 100_000
"""Values in one body; looking at more would keep other callers waiting."""

MAX_DETAILS = 20
"""How many wrong fields one reply names."""

_TEXT_MAX = 65536
"""Characters of one string inside a body that is echoed in replies."""


class ArmModel(BaseModel):
    """A request body's object: camelCase on the wire, unknown fields refused, no conversions."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, strict=True)


Model = TypeVar("Model", bound=BaseModel)


def usual_limit(_scope: Scope) -> int:
    """`MAX_BODY`, whatever is asked for."""
    return MAX_BODY


class BodyLimit:
    """ASGI middleware: no more bytes of a request than it may have reach anything behind it.

    :param limit_of: how many that are, by the request's method and path.
    """

    def __init__(self, app: ASGIApp, limit_of: Callable[[Scope], int] = usual_limit) -> None:
        self.app = app
        self._limit_of = limit_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self._limit_of(scope)
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or int(length) > limit:
            await error_response(_too_large(limit))(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise _too_large(limit)
            return message

        await self.app(scope, counted, send)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The request's body is larger than {limit // 1024 // 1024} MiB.")


async def read_json(request: Request) -> Any:
    """The request's body as JSON values.

    :raises UnsupportedMediaType: it is not declared as JSON.
    :raises InvalidInput: `InvalidRequestContent`, it is empty, not JSON, or nested too deeply.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json" and not media.endswith("+json"):
        raise UnsupportedMediaType(
            f"The content type '{media[:80]}' is not supported. Send 'application/json'."
        )
    raw = await request.body()
    if not raw.strip():
        raise _bad_content("The request needs a JSON body, and has none.")
    try:
        value = json.loads(raw.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise _bad_content("The body is not UTF-8.") from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise _bad_content(f"The body is not valid JSON: {error}.") from None
    _check(value)
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _check(document: Any) -> None:
    """Refuse what models and databases stumble over: deep nesting, NUL, lone surrogates."""
    waiting = [(document, 0)]
    seen = 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        if seen > MAX_VALUES:
            raise _bad_content(f"The body holds more than {MAX_VALUES} values.")
        if isinstance(value, str):
            _check_text(value)
        elif isinstance(value, dict):
            for key in value:
                _check_text(key)
            waiting.extend((each, depth + 1) for each in value.values())
        elif isinstance(value, list):
            waiting.extend((each, depth + 1) for each in value)


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise _bad_content("The body holds a NUL character.")
    if len(text) > _TEXT_MAX:
        raise _bad_content(f"The body holds a text longer than {_TEXT_MAX} characters.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _bad_content(
            "The body holds half of a surrogate pair, which is not Unicode text."
        ) from None


def _too_deep() -> InvalidInput:
    return _bad_content(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _bad_content(message: str) -> InvalidInput:
    return InvalidInput(message, code="InvalidRequestContent")


def parse(model: type[Model], value: Any, *, path: str = "") -> Model:
    """Validate JSON values.

    :param path: what stands before the field names in error targets.
    :raises InvalidInput: `InvalidRequestContent` if it is no object, else `InvalidParameter` with
        the first wrong field as target and all of them (20 at most) in details.
    """
    if not isinstance(value, dict):
        raise _bad_content(f"{path or 'The body'} must be a JSON object.")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = [_problem(each, path) for each in error.errors(include_url=False)]
        first = problems[0]
        raise InvalidInput(
            first.message, target=first.target, details=problems[:MAX_DETAILS]
        ) from None


def _problem(error: Any, path: str) -> Detail:
    field = ".".join([*([path] if path else []), *(str(part)[:80] for part in error["loc"])])
    match error["type"]:
        case "extra_forbidden":
            message = f"'{field}' is not a field that Studiolo knows here."
        case "missing":
            message = f"'{field}' is required."
        case "value_error":
            # A model's own sentence, without the words that Pydantic puts before it.
            message = f"'{field}' is not valid: {error['ctx']['error']}."
        case _:
            message = f"'{field}' is not valid: {error['msg']}."
    return Detail("InvalidParameter", message, field)


class BodyReader:
    """A FastAPI dependency that reads a request's body; by this the description finds it.

    Declare the route's authorization before it, so that a stranger learns nothing of the model.

    :param model: what the body must be.
    :param required: whether there must be one.
    """

    def __init__(self, model: type[BaseModel], *, required: bool = True) -> None:
        self.model = model
        self.required = required


class JsonBody(BodyReader, Generic[Model]):
    """Reads and validates a body."""

    def __init__(self, model: type[Model]) -> None:
        super().__init__(model)
        self._model = model

    async def __call__(self, request: Request) -> Model:
        """The body."""
        return parse(self._model, await read_json(request))


def json_body(model: type[Model]) -> JsonBody[Model]:
    """FastAPI dependency that reads and validates a body."""
    return JsonBody(model)
