"""The first page."""


def test_a_stranger_is_sent_to_sign_in(anon) -> None:
    answer = anon.get("/")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/"


def test_alice_sees_the_overview(client_for, alice) -> None:
    answer = client_for(alice).get("/")
    assert answer.status_code == 200
    assert "Overview" in answer.text
