"""The unmodified azure-identity signs a service principal in, over https."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential, EnvironmentCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.support.identity import TENANT, Studio, open_studio

from studiolo.domain.roles import OWNER


def certificate(folder: Path) -> Path:
    """A self-signed certificate for `localhost`, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "localhost.pem"
    file.touch(0o600)
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@asynccontextmanager
async def over_https(folder: Path) -> AsyncIterator[tuple[Studio, str, Path]]:
    """(application, origin, certificate)."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    studio = await open_studio(folder, domain="localhost", https_port=port)
    file = certificate(folder)
    server = uvicorn.Server(
        uvicorn.Config(studio.app, log_level="warning", lifespan="off", ssl_certfile=file)
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield studio, f"https://localhost:{port}", file
    finally:
        # Not waiting for clients to hang up: TLS gives them half a minute to.
        server.should_exit = server.force_exit = True
        await task
        await studio.services.database.close()


async def a_client(studio: Studio, origin: str, file: Path) -> dict[str, Any]:
    owner = await studio.person("olga", OWNER)
    token = studio.identity.access_tokens.issue(owner, origin)
    async with httpx.AsyncClient(verify=ssl.create_default_context(cafile=file)) as client:
        made = await client.post(
            f"{origin}/auth/servicePrincipals",
            json={"displayName": "nightly"},
            headers={"Authorization": f"Bearer {token}"},
        )
    return dict(made.json())


async def test_client_secret_credential_gets_a_token_that_we_accept(tmp_path: Path) -> None:
    async with over_https(tmp_path) as (studio, origin, file):
        made = await a_client(studio, origin, file)
        credential = ClientSecretCredential(
            TENANT,
            made["appId"],
            made["clientSecret"],
            authority=origin,
            disable_instance_discovery=True,
            connection_verify=str(file),
        )
        token = await asyncio.to_thread(credential.get_token, f"{origin}/.default")
        verified = studio.identity.access_tokens.verify(token.token)
        assert verified is not None
        assert verified.principal == made["id"]


async def test_a_wrong_secret_is_an_authentication_error_with_our_sentence(
    tmp_path: Path,
) -> None:
    async with over_https(tmp_path) as (studio, origin, file):
        made = await a_client(studio, origin, file)
        credential = ClientSecretCredential(
            TENANT,
            made["appId"],
            "wrong",
            authority=origin,
            disable_instance_discovery=True,
            connection_verify=str(file),
        )
        with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
            await asyncio.to_thread(credential.get_token, f"{origin}/.default")


async def test_environment_credential_serves_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with over_https(tmp_path) as (studio, origin, file):
        made = await a_client(studio, origin, file)
        monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
        monkeypatch.setenv("AZURE_CLIENT_ID", made["appId"])
        monkeypatch.setenv("AZURE_CLIENT_SECRET", made["clientSecret"])
        monkeypatch.setenv("AZURE_AUTHORITY_HOST", origin)
        credential = EnvironmentCredential(
            disable_instance_discovery=True, connection_verify=str(file)
        )
        token = await asyncio.to_thread(
            credential.get_token, "https://management.azure.com/.default"
        )
        assert studio.identity.access_tokens.verify(token.token) is not None
