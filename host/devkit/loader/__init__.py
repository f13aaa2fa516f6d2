"""What answers while the virtual chip is in its ROM's serial loader."""
