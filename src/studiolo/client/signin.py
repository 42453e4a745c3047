"""Signing in and out: a personal access token for a password, or the proof that one is good."""

from dataclasses import dataclass, field

from studiolo.client.errors import ApiError
from studiolo.client.http import Http


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in, with what.

    :param token_id: empty when the token was not made here.
    """

    user: str
    subscription: str
    token: str = field(repr=False)
    token_id: str = ""


def with_password(http: Http, user: str, password: str) -> SignedIn:
    """Sign in with a name and a password.

    :param http: a client without a token.
    :raises ApiError: they are not right, or there were too many attempts.
    """
    body = {"username": user, "password": password}
    made = http.json("POST", "/auth/signin", body=body)
    held = who(http.with_token(str(made["token"])))
    return SignedIn(held.user, held.subscription, held.token, str(made["id"]))


def who(http: Http) -> SignedIn:
    """Whose token `http` carries.

    :raises ApiError: the token is not valid.
    """
    me = http.json("GET", "/auth/me")
    return SignedIn(str(me["name"]), str(me["subscriptionId"]), http.token)


def revoke(http: Http, token_id: str) -> None:
    """End a token; one that has ended already is fine."""
    try:
        http.send("DELETE", f"/auth/tokens/{token_id}")
    except ApiError as error:
        if error.status not in (401, 404):
            raise
