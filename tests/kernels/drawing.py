"""Draws the examples of a strategy, always the same, for a program that takes them all at once."""

from hypothesis import given, settings


def drawn(strategy, count):
    """A list of at most `count` of them."""
    examples = []

    @settings(max_examples=count, deadline=None, database=None, derandomize=True)
    @given(strategy)
    def draw(example):
        examples.append(example)

    draw()
    return examples
