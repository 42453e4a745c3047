"""Makes what the configured regions are: rules, engines, shares. Part of the composition root."""

from collections.abc import Mapping

from studiolo.clock import utc_now
from studiolo.domain.regions import Region
from studiolo.domain.sizes import Catalogue
from studiolo.engines.base import Engine
from studiolo.engines.fake import FakeEngine
from studiolo.engines.incus.config import IncusConfig, Remote, default_socket
from studiolo.engines.incus.engine import IncusEngine
from studiolo.engines.process.engine import ProcessEngine
from studiolo.engines.process.image import ImageStore
from studiolo.files.shares import WorkspaceShares
from studiolo.region_settings import RegionSettings
from studiolo.settings import Settings, inherited_environment


def make_regions(settings: Settings, catalogue: Catalogue) -> Mapping[str, Region]:
    """Every region, by location.

    :param catalogue: the sizes there are, wherever GPUs do not matter.
    """
    return {each.name: _region(each, catalogue) for each in settings.every_region}


def _region(region: RegionSettings, catalogue: Catalogue) -> Region:
    incus, fake = region.engine == "incus", region.engine == "fake"
    anything = fake and region.gpus is None
    return Region(
        name=region.name,
        catalogue=catalogue if anything else catalogue.with_gpus(region.gpus or 0),
        total_vcpus=region.total_vcpus,
        family_vcpus=region.family_vcpus,
        disk_gib=region.disk_gib,
        root_gib=region.root_gib if incus else 0,
        shares=not fake,
        share_owner=region.share_owner if incus else None,
    )


def make_engines(settings: Settings, deployment: str) -> Mapping[str, Engine]:
    """The engine of every region, by location. None of them is asked anything here.

    :param deployment: id that every machine carries.
    """
    return {each.name: make_engine(settings, each, deployment) for each in settings.every_region}


def make_engine(settings: Settings, region: RegionSettings, deployment: str) -> Engine:
    """The engine of one region."""
    match region.engine:
        case "fake":
            return FakeEngine(deployment)
        case "process":
            return ProcessEngine(
                deployment,
                machines=settings.machines,
                run=settings.run,
                shares=settings.shares,
                images=ImageStore(settings.images, inherited_environment()),
                inherited=inherited_environment(),
            )
        case "incus":
            return IncusEngine(deployment, incus_config(settings, region), clock=utc_now)


def incus_config(settings: Settings, region: RegionSettings) -> IncusConfig:
    """Where an incus region's daemon is, and what its machines are made of."""
    loops = region.homes_folder or settings.home / "homes" / region.name
    return IncusConfig(
        daemon=_remote(region) or region.socket or default_socket(),
        shares=region.share_path or settings.shares,
        project=region.project,
        pool=region.pool,
        volumes=region.homes_pool,
        loops=loops if region.homes == "loop" else None,
        network=region.network,
        bridge=region.bridge,
        subnet=region.subnet,
        root_gib=region.root_gib,
        home_gib=region.disk_gib,
        variant=region.variant,
    )


def _remote(region: RegionSettings) -> Remote | None:
    certificate, key, server = (
        region.client_certificate,
        region.client_key,
        region.server_certificate,
    )
    if region.url is None or certificate is None or key is None or server is None:
        return None
    return Remote(region.url.rstrip("/"), certificate, key, server)


def make_shares(settings: Settings, regions: Mapping[str, Region]) -> WorkspaceShares | None:
    """The file shares of all workspaces; None where no region's machines see any."""
    if not any(region.shares for region in regions.values()):
        return None
    return WorkspaceShares(settings.shares)
