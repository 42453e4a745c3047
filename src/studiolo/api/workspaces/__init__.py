"""Workspaces: what they accept, how they look, and their life."""
