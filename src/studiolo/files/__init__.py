"""Workspace file shares."""
