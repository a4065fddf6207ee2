"""Data in volumes: saving, keeping, emptying and bringing it back."""
