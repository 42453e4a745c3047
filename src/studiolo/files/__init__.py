"""Workspace file shares."""

from studiolo.files.shares import WorkspaceShares

__all__ = ["WorkspaceShares"]
