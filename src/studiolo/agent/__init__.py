"""What runs inside a machine: it starts, watches and reports on the machine's applications."""
