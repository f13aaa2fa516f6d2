"""`inkling pull`: the board's black box, brought to the PC."""
