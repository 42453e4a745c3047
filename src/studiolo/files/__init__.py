"""Workspace file shares: made and kept (`shares`), and looked into and written by people
(`browsing`).
"""

from studiolo.files.browsing import OpenFile, ShareFiles
from studiolo.files.shares import WorkspaceShares

__all__ = ["OpenFile", "ShareFiles", "WorkspaceShares"]
