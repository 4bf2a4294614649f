"""`./manage bench`: figures that anybody can measure, each beside a ceiling of the same run."""
