"""What a deployment may or may not be able to do, by the names that `capabilities` shows.

A feature is there unless something refuses it: a rule of `unsupported.py`, or what `abilities.py`
asks of a region's engine. Those places name the feature they refuse, so nobody keeps a second list.
"""

from enum import StrEnum


class Feature(StrEnum):
    """Something a client can offer to a person, or must not."""

    ASSIGNED_USER = "assignedUser"
    ATTACHED_COMPUTES = "attachedComputes"
    AUTOLOGGING = "autologging"
    CLONE = "clone"
    COMPUTE_CLUSTERS = "computeClusters"
    CUSTOM_APPLICATIONS = "customApplications"
    DATA_DISKS = "dataDisks"
    DATA_MOUNTS = "dataMounts"
    DISK_SIZES = "diskSizes"
    ENDPOINTS = "endpoints"
    ENVIRONMENTS = "environments"
    FILES = "files"
    GPU = "gpu"
    IDLE_SHUTDOWN = "idleShutdown"
    JOBS = "jobs"
    MANAGED_IDENTITY = "managedIdentity"
    NO_PUBLIC_IP = "noPublicIp"
    NO_ROOT_ACCESS = "noRootAccess"
    NO_SINGLE_SIGN_ON = "noSingleSignOn"
    ONLINE_RESIZE = "onlineResize"
    OS_PATCHING = "osPatching"
    QUOTA_RELEASE_ON_STOP = "quotaReleaseOnStop"
    REIMAGE = "reimage"
    RESIZE = "resize"
    RESTORE = "restore"
    SCHEDULES = "schedules"
    SETUP_SCRIPTS = "setupScripts"
    SKU = "sku"
    SNAPSHOTS = "snapshots"
    SSH = "ssh"
    VIRTUAL_NETWORKS = "virtualNetworks"
