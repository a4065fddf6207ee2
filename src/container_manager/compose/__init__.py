"""What generated compose files mean, what we add to them, and how a provider is called."""
