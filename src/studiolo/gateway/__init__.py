"""The front door: Caddy's configuration and supervision, and who may pass."""
