"""What all forms share; gives Flask-WTF, which carries no types, a typed face."""

from http import HTTPStatus
from typing import Any

from flask_wtf import FlaskForm

from dashboard.domain.errors import InvalidInputError


class Form(FlaskForm):
    """A form that comes back with what was typed and, at each field, what is wrong with it."""

    def __init__(self, **values: Any) -> None:
        """`values` fill the fields of a form that was not sent yet."""
        super().__init__(**values)  # type: ignore[no-untyped-call]

    def was_sent(self) -> bool:
        """Whether it was sent and its fields can be taken."""
        return bool(self.validate_on_submit())  # type: ignore[no-untyped-call]

    def refuse(self, error: InvalidInputError) -> None:
        """Show the error at its field; without such a field, at the top of the form."""
        field = self._fields.get(error.field)
        if field is None:
            self.form_errors.append(error.why)
        else:
            field.errors = [*field.errors, error.why]

    @property
    def status(self) -> HTTPStatus:
        """What to answer with: 422 if something is wrong, which htmx swaps in like a 200."""
        return HTTPStatus.UNPROCESSABLE_ENTITY if self.errors else HTTPStatus.OK
