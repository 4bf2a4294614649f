"""One blueprint per page, named like its template folder."""
