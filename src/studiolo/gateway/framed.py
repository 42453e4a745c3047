"""What a page of the gate's in a frame tells the studio around it: the messages, and their script.

A browser does not let a page read what a frame of another host shows, so the frame says it by
`postMessage`, to the studio's origin and no other. No message holds a secret.
"""

import base64
import hashlib
import json
from typing import Any

from studiolo.gateway.pages import PAGE_POLICY
from studiolo.gateway.passage import Refuse, Word

TEXTS = {
    Word.READY: ("This instance is open to you", "You may go back to the studio."),
    Word.SIGNED_OUT: (
        "You are signed out",
        "Sign in at the studio again, and this goes on where it was.",
    ),
}
"""Heading and sentence of the pages that only tell a word, for who opens one outside a frame."""


def refusal(refused: Refuse) -> dict[str, Any]:
    """The message about what is refused, or not there yet.

    `retryAfter` is in seconds: the page in the frame then tries again by itself. Null: it does not.
    """
    return {
        "type": Word.REFUSED.value,
        "status": refused.status,
        "code": refused.code,
        "message": refused.message,
        "retryAfter": refused.retry_after,
    }


def script(message: dict[str, Any], studio: str) -> str:
    """JavaScript that tells the studio `message` where the page is in a frame.

    :param studio: the studio's origin, the only one that may hear it.
    """
    # The text stands inside a script element, which `</` would end.
    told = json.dumps(message).replace("<", r"\u003c")
    return f"if(parent!==self)parent.postMessage({told},{json.dumps(studio)})"


def policy(script: str, ancestors: str) -> str:
    """Content-Security-Policy of a page with that script, or with none where it is empty."""
    allowed = f"; script-src 'sha256-{_digest(script)}'" if script else ""
    return f"{PAGE_POLICY}{allowed}; frame-ancestors {ancestors}"


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
