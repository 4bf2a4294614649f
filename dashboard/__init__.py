"""Linkkeeper: keeps a team's links to its social media accounts alive, and tells when one breaks.

The layers, from top to bottom; imports point down only (checked by `./manage check`):

    cli        what `./manage` calls: run, demo, user, lock
    app        create_app(runtime): the Flask object, extensions, pages
    pages      one blueprint per page, named like its template folder
    web        Flask glue: sign-in, security headers, htmx, errors, formatting
    runtime    the things with a lifetime: database, HTTP client, cipher, mailer, platforms
    services   use cases as plain functions; each opens its own transactions
    platforms | db | adapters      the outside world; strangers to each other
    settings   the environment, validated
    domain     pure rules: states, transitions, notices, rights

`sandbox` is the make-believe platform: a program of its own, for the demo and the tests.
"""

__version__ = "0.1.0"
