"""Preconditions: If-Match guards against overwriting, If-None-Match: * against replacing.

Stored ETags are bare; on the wire they are quoted, as RFC 9110 has it.
"""

from fastapi import Request

from studiolo.domain.errors import InvalidInput, PreconditionFailed

_MAX = 1024


def quoted(etag: str) -> str:
    """A stored ETag as it travels."""
    return f'"{etag}"'


def check(request: Request, current: str | None) -> None:
    """Hold the request's preconditions against the resource.

    :param current: the stored ETag; None if the resource does not exist.
    :raises PreconditionFailed: If-Match names another version, or If-None-Match this one.
    :raises InvalidInput: a header is no list of entity tags.
    """
    wanted = _tags(request, "if-match")
    if wanted and (current is None or not wanted & {"*", current}):
        raise PreconditionFailed(
            "The resource was changed or removed since you read it (If-Match does not hold). "
            "Read it again and repeat your change.",
            target="If-Match",
        )
    unwanted = _tags(request, "if-none-match")
    if unwanted and current is not None and unwanted & {"*", current}:
        raise PreconditionFailed(
            "The resource exists already (If-None-Match does not hold).", target="If-None-Match"
        )


def is_known(request: Request, current: str) -> bool:
    """Whether the client has this version already, by If-None-Match of a GET."""
    return bool(_tags(request, "if-none-match") & {"*", current})


def _tags(request: Request, header: str) -> set[str]:
    value = request.headers.get(header)
    if value is None:
        return set()
    tags = {_bare(tag.strip()) for tag in value[:_MAX].split(",")}
    if "" in tags or len(value) > _MAX:
        raise InvalidInput(
            f"The header {header} must be '*' or entity tags in quotation marks.", target=header
        )
    return tags


def _bare(tag: str) -> str:
    # Azure's clients send the body's etag as they got it: quoted or bare.
    strong = tag.removeprefix("W/")
    return strong[1:-1] if len(strong) > 1 and strong[0] == strong[-1] == '"' else strong
