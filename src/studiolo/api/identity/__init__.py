"""Signing in, and who is calling.

`service` what it all works with · `signin` checking passwords and client secrets · `sessions`,
`personal_tokens`, `links`, `accounts` the use cases · `callers` who is calling and what they may
do · `oauth` the OAuth2 endpoint · `account_routes` JSON for the command line · `pages` what a
browser sees · `forms`, `cookies`, `rendering` their tools · `bootstrap` the first administrator.
"""

from studiolo.api.identity.routers import router

__all__ = ["router"]
