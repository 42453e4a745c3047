"""Settings: the only reader of the environment.

Everything has a default that is right for one person on one machine. An administrator sets
`STUDIOLO_*` variables or the same names in lower case in `<home>/studiolo.toml`; the environment
wins.
"""

import hashlib
import os
import tempfile
import tomllib
from pathlib import Path
from typing import Annotated, Literal, cast

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from studiolo.domain.addresses import origin, plain_http
from studiolo.region_settings import EngineName, LocationName, RegionSettings, check_together

_SOCKET_PATH_MAX = 107
"""Linux `sun_path` is 108 bytes with its final zero."""

_LONGEST_SOCKET_BELOW_RUN = len("/m/ci-0123456789abcdef/jupyter.sock.lock")


def default_home() -> Path:
    """Where a deployment keeps everything, unless `STUDIOLO_HOME` says otherwise."""
    if named := os.environ.get("STUDIOLO_HOME"):
        return Path(named).expanduser().absolute()
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser().absolute() / "studiolo"


def inherited_environment() -> dict[str, str]:
    """The variables that this process was started with, for programs that it starts itself.

    Whoever hands them on chooses among them: they may hold the database's password.
    """
    return dict(os.environ)


class InvalidSettings(Exception):
    """The deployment's configuration cannot be used; `str(error)` says what to change."""


class Settings(BaseSettings):
    """One deployment's configuration.

    :param home: database, secrets, machines, shares and images live below it.
    :param run_dir: sockets and pid files; kept short because of the kernel's limit on socket paths.
    :param image_dir: prepared images; may be shared by several deployments of one user.
    :param database_url: SQLAlchemy async URL; empty means SQLite below `home`.
    :param domain: host name of the studio; each instance is a host below it.
    :param http_port: plain HTTP on loopback, for a browser; 0 turns it off.
    :param https_port: HTTPS with the internal CA, for clients and for everything not on loopback.
    :param bind: addresses the gateway listens on. Anything but loopback gets HTTPS only.
    :param tls_certificate: PEM chain to serve instead of the internal CA's, with `tls_key`.
    :param location: the region of what is made without naming one.
    :param engine: of the region `location`; `none` where that is one of `regions`.
    :param disk_gib: size of a machine's own disk, in the region `location`, as the next three.
    :param gpus: GPUs that one machine of the region can be given; counted where not set.
    :param total_vcpus: the region's quota over all families.
    :param family_vcpus: quota of a family that has none of its own.
    :param regions: further regions, `[[regions]]` in the file and JSON in the environment.
    :param upload_mib: the largest file that people put into a file share through the API.
    :param resync_seconds: how often the reconciler compares every machine with the store.
    :param poll_seconds: how often the reconciler looks for due work without a hint.
    :param lease_seconds: how long a claim lasts without a heartbeat.
    """

    model_config = SettingsConfigDict(env_prefix="STUDIOLO_", extra="forbid")

    home: Path = Field(default_factory=default_home)
    run_dir: Path | None = None
    image_dir: Path | None = None
    database_url: SecretStr = SecretStr("")
    domain: str = "studiolo.localhost"
    http_port: int = Field(default=8480, ge=0, le=65535)
    https_port: int = Field(default=8481, ge=1, le=65535)
    bind: tuple[str, ...] = ("127.0.0.1",)
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    engine: EngineName | Literal["none"] = "process"
    location: LocationName = "local"
    disk_gib: int = Field(default=120, ge=1)
    gpus: int | None = Field(default=None, ge=0)
    total_vcpus: int = Field(default=100, ge=0)
    family_vcpus: int = Field(default=100, ge=0)
    regions: tuple[RegionSettings, ...] = ()
    upload_mib: int = Field(default=10 * 1024, ge=1)
    resync_seconds: Annotated[float, Field(gt=0)] = 10.0
    poll_seconds: Annotated[float, Field(gt=0)] = 1.0
    lease_seconds: Annotated[float, Field(gt=0)] = 15.0
    log_level: str = "info"
    fault_point: str = ""
    fault_after: int = 1

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then `<home>/studiolo.toml`."""
        file = TomlConfigSettingsSource(settings_cls, default_home() / "studiolo.toml")
        return (init_settings, env_settings, file)

    @model_validator(mode="after")
    def _derive(self) -> "Settings":
        self.home = self.home.expanduser().absolute()
        if self.run_dir is None:
            self.run_dir = _short_run_dir(self.home)
        if self.image_dir is None:
            self.image_dir = self.home / "images"
        if self.gpus is None and self.engine == "process":
            self.gpus = len(list(Path("/dev").glob("nvidia[0-9]*")))
        check_together(self.every_region)
        if self.location not in {each.name for each in self.every_region}:
            raise ValueError(
                f"engine is 'none', so the location '{self.location}' must be one of the regions"
            )
        plain_http(self.bind, self.http_port)  # an address that is none is told here
        if self.http_port == self.https_port:
            raise ValueError(f"http_port and https_port are both {self.http_port}: change one")
        if not self.database_url.get_secret_value():
            self.database_url = SecretStr(f"sqlite+aiosqlite:///{self.home / 'studiolo.db'}")
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together: set both or neither")
        return self

    @property
    def every_region(self) -> tuple[RegionSettings, ...]:
        """All regions: that of `location` and `engine` first, if it is not one of `regions`."""
        if self.engine == "none":
            return self.regions
        embedded = RegionSettings(
            name=self.location,
            engine=self.engine,
            disk_gib=self.disk_gib,
            gpus=self.gpus,
            total_vcpus=self.total_vcpus,
            family_vcpus=self.family_vcpus,
        )
        return (embedded, *self.regions)

    @property
    def run(self) -> Path:
        """`run_dir`, which validation has filled in."""
        return cast("Path", self.run_dir)

    @property
    def images(self) -> Path:
        """`image_dir`, which validation has filled in."""
        return cast("Path", self.image_dir)

    @property
    def control_socket(self) -> Path:
        """Unix socket of the public API, behind the gateway."""
        return self.run / "cp.sock"

    @property
    def gate_socket(self) -> Path:
        """Unix socket on which the gateway, and nobody else, asks whether a request may pass."""
        return self.run / "gate.sock"

    @property
    def local_socket(self) -> Path:
        """Unix socket of what only the deployment's own user may ask."""
        return self.run / "local.sock"

    @property
    def caddy_admin_socket(self) -> Path:
        """Caddy's administration socket."""
        return self.run / "caddy.sock"

    @property
    def shares(self) -> Path:
        """Workspace file shares, one folder per workspace id."""
        return self.home / "shares"

    @property
    def machines(self) -> Path:
        """The process engine's machines."""
        return self.home / "machines"

    @property
    def logs(self) -> Path:
        """Logs of the control plane and the gateway."""
        return self.home / "logs"

    @property
    def api_hosts(self) -> tuple[str, ...]:
        """Host names beside `domain` under which the API alone is served, over https.

        A domain below `localhost` is known to browsers and curl, and to few resolvers: Python's
        asks the C library's. Azure's clients are Python, so they get the name that always works.
        """
        return ("localhost",) if self.domain.endswith(".localhost") else ()

    @property
    def https_origin(self) -> str:
        """Origin for clients, `https://host:port`."""
        return origin("https", self.domain, self.https_port)

    @property
    def browser_origin(self) -> str:
        """Origin for a browser on this machine: http where it is served, else https."""
        if not plain_http(self.bind, self.http_port):
            return self.https_origin
        return origin("http", self.domain, self.http_port)


def load_settings() -> Settings:
    """What the environment and `<home>/studiolo.toml` say.

    :raises InvalidSettings: something there cannot be used.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(_problem(each) for each in error.errors(include_input=False))
        raise InvalidSettings(f"The settings are not right: {problems}") from error
    except SettingsError as error:
        raise InvalidSettings(
            f"The settings are not right: {error}. A list is written as JSON, for example "
            "STUDIOLO_BIND='[\"127.0.0.1\"]'."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        file = default_home() / "studiolo.toml"
        raise InvalidSettings(f"{file} is not TOML: {error}") from error
    except OSError as error:
        raise InvalidSettings(f"The settings cannot be read: {error}") from error


def _problem(error: ErrorDetails) -> str:
    """One thing that is wrong, without the value: it may be a secret."""
    where = ".".join(map(str, error["loc"]))
    message = error["msg"]
    if error["type"] == "extra_forbidden":
        message = "there is no such setting"
    elif error["type"] == "string_pattern_mismatch" and where.endswith(("name", "location")):
        message = "a region's name has lower-case letters and digits only, a letter first"
    return ": ".join(filter(None, (where, message)))


def _short_run_dir(home: Path) -> Path:
    """`<home>/run`, or a folder in the temporary directory where that is too long for sockets."""
    wanted = home / "run"
    if len(os.fsencode(wanted)) + _LONGEST_SOCKET_BELOW_RUN <= _SOCKET_PATH_MAX:
        return wanted
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:10]
    return Path(tempfile.gettempdir()) / f"studiolo-{os.getuid()}-{digest}"
