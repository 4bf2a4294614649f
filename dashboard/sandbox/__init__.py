"""Sandbox, the make-believe platform: its own program, for the demo and the end-to-end tests.

It knows nothing of the rest of Linkkeeper. What a token may do is decided once (`verdicts`,
`tokens`), how a refusal looks on the wire is said elsewhere (`wire`), so that further wire formats
can be put beside the native one. The map, from the bottom up:

    model, clock, store         words, time, the database
    accounts, apps, grants      who is there, which programs ask, who allowed them what
    tokens, verdicts            life and death of a token; may this token do that?
    content, faults, journal    posts and mentions; disturbances; the list of requests
    wire, disturb, web          answers on the wire; faults put into practice; pages
    api, oauth, login, public, control    the routes
    seed                        the small town that lives here
"""
