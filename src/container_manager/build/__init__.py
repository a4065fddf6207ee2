"""From a checked configuration to the build directory that everything runs from."""
