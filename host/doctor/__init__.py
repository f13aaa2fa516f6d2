"""One page of truth about this PC and the board."""
