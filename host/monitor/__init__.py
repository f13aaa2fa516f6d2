"""The monitor: what a board says on its serial line, shown to people and passed to programs."""
