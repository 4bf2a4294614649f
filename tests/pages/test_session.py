"""Signing in and out."""


def test_right_password_signs_alice_in(anon, alice) -> None:
    answer = anon.post("/sign-in", {"email": "Alice@example.org ", "password": alice.password})
    assert answer.status_code == 303
    assert anon.get("/").status_code == 200


def test_wrong_password_does_not(anon, alice) -> None:
    answer = anon.post("/sign-in", {"email": alice.email, "password": "wrong"})
    assert answer.status_code == 422
    assert anon.get("/").status_code == 303


def test_signing_out_ends_the_session_for_good(client_for, alice) -> None:
    browser = client_for(alice)
    secret = browser.client.get_cookie("linkkeeper", domain="127.0.0.1").value
    assert browser.post("/sign-out").status_code == 303
    browser.client.set_cookie("linkkeeper", secret, domain="127.0.0.1")
    assert browser.get("/").status_code == 303
