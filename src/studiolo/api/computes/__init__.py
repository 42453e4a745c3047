"""Compute instances: `.../workspaces/{w}/computes`."""
