"""Beside Azure's words: the files of a workspace's share, under the workspace's path."""
