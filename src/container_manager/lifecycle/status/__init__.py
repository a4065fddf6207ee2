"""What runs, as observed, and whether it is what should run."""
