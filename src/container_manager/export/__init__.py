"""A stack for other engines: what the plan says becomes files of theirs, and nothing is run."""
