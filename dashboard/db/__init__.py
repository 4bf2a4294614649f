"""The only SQL: tables, migrations, one query module per noun, read models per page."""
