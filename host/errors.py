"""The one exception for bad input: its text is the whole message, and the command ends with status 2."""


class UserError(Exception):
    """Something the user can mend. The text says what happened, to what, and what to do now."""
