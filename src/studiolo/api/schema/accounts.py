"""Accounts, and the tokens that stand for them."""

from typing import Literal

from studiolo.api.schema.arm import Paged
from studiolo.api.schema.base import Answer, Instant
from studiolo.domain.resources import PrincipalKind


class Account(Answer):
    """A person or a service principal; `id` is the object id, that roles are given to."""

    id: str
    kind: PrincipalKind
    name: str
    display_name: str
    disabled: bool


class AccountList(Answer):
    """Every person."""

    value: list[Account]


class ServicePrincipal(Account):
    """A service principal, without its secret; `appId` is what it signs in with."""

    app_id: str


class ServicePrincipalList(Paged):
    """A page of the service principals, by `appId`."""

    value: list[ServicePrincipal]


class Me(Account):
    """Who is calling, and the deployment's ids.

    :param alias: the name of their own folder, below `Users/` on each workspace's file share.
    """

    via: Literal["access token", "personal access token", "session"]
    tenant_id: str
    subscription_id: str
    alias: str


class AccessToken(Answer):
    """A personal access token, without its secret."""

    id: str
    name: str
    created_at: Instant
    expires_at: Instant | None
    used_at: Instant | None


class AccessTokenList(Answer):
    """The caller's personal access tokens, newest first."""

    value: list[AccessToken]


class NewAccessToken(AccessToken):
    """A token with its secret, which is shown this once."""

    token: str
    principal: Account


class SignInLink(Answer):
    """A link that signs a person in once."""

    link: str
    expires_at: Instant


class NewServicePrincipal(ServicePrincipal):
    """A service principal with its secret, which is shown this once."""

    tenant_id: str
    secret_id: str
    client_secret: str
    expires_at: Instant
