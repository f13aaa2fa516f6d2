"""Holds frames that are wrong against the names of what is wrong in them, for all dialects."""

from types import ModuleType


def error_of(code: int, decoder: ModuleType) -> str | int:
    """The name of an error code, as the decoder has it."""
    names = {getattr(decoder, name): name[5:] for name in vars(decoder) if "_ERR_" in name}
    return names.get(code, code)


def nested(depth: int) -> str:
    """A value of so many objects and arrays in one another."""
    return '[{"a":' * (depth // 2) + "1" + "}]" * (depth // 2)


def assert_refused(play, decoder, snapshot: bytes, refused: dict, **settings) -> None:
    """Every frame (bytes, or text in Latin-1) of `refused` is, by its name, and nothing comes of it."""
    frames = [(name, frame) for name, frames in refused.items() for frame in frames]
    told = [frame if isinstance(frame, bytes) else frame.encode("latin-1") for _, frame in frames]
    begin, *steps = play([snapshot, *told], **settings)
    assert begin.books[0].state == "LIVE"
    said = [
        (error_of(step.kind, decoder), frame)
        for step, (_, frame) in zip(steps, frames, strict=True)
    ]
    assert said == frames
    assert {step.state for step in steps} == {begin.state}
    assert not any(step.lines for step in steps)
    assert steps[-1].counters["skipped"] == len(frames)
    assert steps[-1].counters["messages"] == len(frames) + 1
