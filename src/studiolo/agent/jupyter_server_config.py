"""How a machine's Jupyter Server knows its one client, the gateway.

Not imported by the agent: it is copied beside the generated `jupyter_server_config.json`, and
Jupyter Server runs it as its configuration, in the machine's own environment.

Jupyter's own token is for people who log in with it. Pages repeat it to the browser, links carry
it, and a cookie outlives it. The gateway's secret has none of that: it is demanded in a header of
every request, and is told to nobody. The gateway has checked Origin and person by then, so such a
request counts as one with a token does: Jupyter's XSRF and origin checks, which know nothing of the
gateway's, are left out.
"""

import hmac
from typing import Any

from jupyter_server.auth import IdentityProvider, User  # type: ignore[import-not-found]
from traitlets import Unicode  # type: ignore[import-not-found]

_READING = ("GET", "HEAD")
_OF_THE_PAGE = "/lab/api/"
"""JupyterLab keeps its layout there, every ten seconds for as long as it is shown."""


class GatewayIdentity(IdentityProvider):  # type: ignore[misc]
    """Everything that comes with the gateway's secret is the machine's user; nothing else is."""

    token = Unicode("")
    """What handlers and pages see as Jupyter's token."""

    secret = Unicode(config=True, help="The whole Authorization header that the gateway adds.")
    alias = Unicode(config=True, help="The machine's user.")

    login_available = False
    logout_available = False

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        if not self.secret or not self.alias:
            raise ValueError("GatewayIdentity needs its secret and its alias")
        # Nobody edits who they are: that is stored in a cookie, and there is none.
        self.updatable_fields: list[str] = []

    def get_user(self, handler: Any) -> User | None:
        """The machine's user, or None; neither the address nor a cookie is looked at."""
        shown = handler.request.headers.get("Authorization", "")
        if not hmac.compare_digest(shown.encode(), self.secret.encode()):
            return None
        # What the base class sets, and asks in `is_token_authenticated`.
        handler._token_authenticated = True  # noqa: SLF001
        if handler.request.method in _READING or handler.request.path.startswith(_OF_THE_PAGE):
            # A page that is only open does that again and again, which is nobody's doing. Where
            # activity is not counted, nobody misses the attribute.
            handler._track_activity = False  # noqa: SLF001
        return User(self.alias, initials=self.alias[:1].upper())


# Jupyter Server runs this file with `get_config` in its namespace.
get_config().ServerApp.identity_provider_class = GatewayIdentity  # type: ignore[name-defined]  # noqa: F821
