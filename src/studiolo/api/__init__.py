"""The HTTP API in the Azure Resource Manager dialect."""
