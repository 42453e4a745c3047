"""The `studiolo` command."""
