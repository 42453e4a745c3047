"""How large a request's body may be: an upload's is not JSON's."""

import re
from collections.abc import Callable

from starlette.types import Scope

from studiolo.api.arm.bodies import MAX_BODY
from studiolo.gateway.routes import UPLOAD_METHOD, UPLOAD_PATH
from studiolo.settings import Settings

_UPLOAD_PATH = re.compile(UPLOAD_PATH)


def upload_limit(settings: Settings) -> Callable[[Scope], int]:
    """The limit of a request in bytes, by method and path: the one that the gateway lets through
    whole may be as large as the settings say, any other is limited to `MAX_BODY`.
    """
    largest = settings.upload_mib * 1024 * 1024

    def limit(scope: Scope) -> int:
        is_upload = scope["method"] == UPLOAD_METHOD and _UPLOAD_PATH.match(scope["path"])
        return largest if is_upload else MAX_BODY

    return limit
