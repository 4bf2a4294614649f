"""A mail server that answers from a list; what it was given is kept."""

from dashboard.adapters.letter import Letter
from dashboard.adapters.smtp import Failed, Sent

LOGIN = Failed(kind="login", why="The mail server does not accept user name and password: 535")
UNKNOWN = Failed(kind="unknown_outcome", why="The connection ended after the letter.")
REFUSED = Failed(kind="refused", why="The mail server refuses the recipient: 550 no such person")


class LetterBox:
    """Takes letters once its list of answers is used up."""

    def __init__(self, *answers: Sent | Failed) -> None:
        self.answers = list(answers)
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> Sent | Failed:
        self.letters.append(letter)
        return self.answers.pop(0) if self.answers else Sent()
