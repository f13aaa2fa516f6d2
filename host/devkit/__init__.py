"""What stands in for the board: the board model, its flash folder, later its serial port."""
