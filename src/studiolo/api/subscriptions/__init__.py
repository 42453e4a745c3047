"""The deployment's one subscription, its regions, providers and tenant."""
