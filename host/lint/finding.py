"""One broken rule: where it is, which rule, and what to write instead."""

from typing import NamedTuple


class Finding(NamedTuple):
    file: str
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}: {self.text}"
