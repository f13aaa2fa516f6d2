"""What stands in for the board: the board model, its flash folder, the DevKit around it with its serial port."""
