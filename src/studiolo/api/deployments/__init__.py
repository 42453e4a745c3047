"""ARM template deployments to a resource group: `Microsoft.Resources/deployments`."""
