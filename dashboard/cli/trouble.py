"""Why a command cannot do its work."""


class Trouble(Exception):  # noqa: N818 - people read it as a sentence
    """One clear sentence for the person at the keyboard; the command ends with exit code 1."""


class Silent(Trouble):
    """What is wrong has been said already."""
