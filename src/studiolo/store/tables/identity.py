"""Principals and everything that proves or grants who somebody is.

Secrets are stored as hashes: passwords and client secrets as argon2, random tokens (sessions,
personal access tokens, links, tickets) as SHA-256, which is enough for 256 random bits.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from studiolo.store.tables.base import Base, folded


class PrincipalRow(Base):
    """A person or a service principal."""

    __tablename__ = "principals"
    __table_args__ = (UniqueConstraint("name_folded"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    name_folded: Mapped[str] = folded()
    display_name: Mapped[str]
    password_hash: Mapped[str | None]
    disabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class ClientSecretRow(Base):
    """A service principal's secret (argon2)."""

    __tablename__ = "client_secrets"

    id: Mapped[str] = mapped_column(primary_key=True)
    principal: Mapped[str] = mapped_column(ForeignKey("principals.id"), index=True)
    secret_hash: Mapped[str]
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class SessionRow(Base):
    """A browser's session, at the studio (`instance` null) or at one instance's host."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    principal: Mapped[str] = mapped_column(ForeignKey("principals.id"), index=True)
    parent: Mapped[str | None] = mapped_column(index=True)
    instance: Mapped[str | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class AccessTokenRow(Base):
    """A personal access token."""

    __tablename__ = "access_tokens"

    id: Mapped[str] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    principal: Mapped[str] = mapped_column(ForeignKey("principals.id"), index=True)
    name: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class OneTimeRow(Base):
    """A one-time sign-in link (`purpose` sign-in) or instance ticket (`purpose` instance:<id>)."""

    __tablename__ = "one_time"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    principal: Mapped[str] = mapped_column(ForeignKey("principals.id"))
    session: Mapped[str | None]
    expires_at: Mapped[datetime]


class SignInFailureRow(Base):
    """Failed sign-ins per name and per address, for throttling."""

    __tablename__ = "sign_in_failures"

    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    blocked_until: Mapped[datetime | None]
    last_at: Mapped[datetime]


class RoleAssignmentRow(Base):
    """A role at a scope."""

    __tablename__ = "role_assignments"
    __table_args__ = (UniqueConstraint("scope_folded", "role_definition", "principal"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str]
    scope_folded: Mapped[str] = folded()
    role_definition: Mapped[str]
    principal: Mapped[str] = mapped_column(index=True)
    principal_kind: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
