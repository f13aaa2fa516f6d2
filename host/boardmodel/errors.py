"""The error that says there can be no board model here, so that a caller may do without."""

from host.errors import UserError


class ModelUnavailable(UserError):
    """The board model cannot be built here; the text says what is missing and what to do."""
