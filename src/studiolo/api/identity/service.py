"""What identity works with, made once per process."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from fastapi import Request

from studiolo.api.identity.endings import Endings
from studiolo.api.services import Deployment
from studiolo.clock import Clock
from studiolo.domain.resources import ActivityEntry, Principal
from studiolo.identity.passwords import Passwords
from studiolo.identity.signing import AccessTokens, new_signing_keys
from studiolo.settings import Settings
from studiolo.store.database import Database
from studiolo.store.transaction import Transaction

_KEYS_FACT = "signing_keys"

_AZURE_AUDIENCES = frozenset(
    {
        "https://management.azure.com",
        "https://management.core.windows.net",
        "https://ml.azure.com",
    }
)
"""Audiences that Azure's clients ask for when they were not told of this cloud's own."""


@dataclass(frozen=True, slots=True)
class IdentityService:
    """Identity's tools and the deployment's ids.

    :param access_tokens: issues and verifies JWTs.
    :param endings: tells whoever keeps streams open that a right has ended.
    """

    database: Database
    settings: Settings
    clock: Clock
    deployment: Deployment
    passwords: Passwords = field(repr=False)
    access_tokens: AccessTokens = field(repr=False)
    endings: Endings = field(default_factory=Endings, repr=False)

    @classmethod
    async def open(
        cls,
        database: Database,
        settings: Settings,
        deployment: Deployment,
        clock: Clock,
        passwords: Passwords | None = None,
    ) -> "IdentityService":
        """Load the deployment's signing keys, making them if it has none yet."""
        async with database.reading() as tx:
            keys = await tx.facts.get(_KEYS_FACT)
        if keys is None:
            fresh = new_signing_keys()
            async with database.transaction() as tx:
                keys = await tx.facts.set_once(_KEYS_FACT, fresh)
        tokens = AccessTokens(
            keys=keys,
            tenant=deployment.tenant,
            issuer=f"{settings.https_origin}/{deployment.tenant}/v2.0",
            audiences=audiences(settings),
            clock=clock,
        )
        return cls(database, settings, clock, deployment, passwords or Passwords(), tokens)

    @property
    def subscription_scope(self) -> str:
        """ARM id of the deployment's subscription, the scope of everything about identity."""
        return f"/subscriptions/{self.deployment.subscription}"

    async def note(
        self,
        tx: Transaction,
        principal: Principal | None,
        operation: str,
        status: str,
        *,
        correlation: str,
        detail: str = "",
        scope: str = "",
    ) -> None:
        """Append to the activity log.

        :param principal: who did it; None for somebody we do not know.
        :param operation: `Studiolo.Identity/...` or an ARM action.
        :param status: Succeeded, Failed or Denied.
        """
        await tx.activity.add(
            ActivityEntry(
                at=self.clock(),
                principal=principal.id if principal else "",
                principal_name=principal.name if principal else "",
                operation=operation,
                scope=scope or self.subscription_scope,
                status=status,
                correlation=correlation,
                detail=detail,
            )
        )


def audiences(settings: Settings) -> frozenset[str]:
    """Every `aud` a token of this deployment may have.

    Its own origins, `ml.<domain>` (which azure-ai-ml derives for the data plane), and Azure's own
    names, which clients ask for by default. None of them is honoured by anybody else, because the
    issuer and the key are this deployment's.
    """
    port = urlsplit(settings.https_origin).port
    suffix = f":{port}" if port else ""
    own = {settings.https_origin, settings.browser_origin}
    for host in (settings.domain, *settings.api_hosts):
        own |= {f"https://{host}{suffix}", f"https://ml.{host}{suffix}"}
    return frozenset(own) | _AZURE_AUDIENCES


def identity_of(request: Request) -> IdentityService:
    """The application's identity service.

    :raises TypeError: the application was put together without it.
    """
    identity = getattr(request.app.state.services.identity, "service", None)
    if not isinstance(identity, IdentityService):
        raise TypeError("the application's identity is not a Doorman over an IdentityService")
    return identity


def correlation_of(request: Request) -> str:
    """The id that ties a request to its log lines and activity rows."""
    return str(getattr(request.state, "correlation", ""))


def address_of(request: Request) -> str:
    """The client's address, as the gateway reports it."""
    return request.client.host if request.client else "local"
