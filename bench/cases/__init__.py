"""One benchmark a file; each has `run(rounds) -> Outcome`."""
