"""What is ours to mend is told to administrators on every page, and to nobody else."""

from uuid import uuid4

from sqlmodel import update

from dashboard.db.tables import AppRow, GrantRow
from dashboard.services.safekeeping import salvage_folder
from tests.factories import make_account
from tests.fakes import START


def test_a_refused_registration_is_said_to_administrators_only(
    database, client_for, ada, bob
) -> None:
    """R36: one app problem, no link accused."""
    app = AppRow(
        platform="fake",
        server="https://fake.example",
        client_id="me",
        problem="invalid_client",
        problem_since=START,
        created_at=START,
    )
    with database.writing() as unit:
        unit.add(app)
    page = client_for(ada).get("/").text
    said = "fake.example (Fakebook) refuses Linkkeeper&#39;s registration since 24 November, 10:00"
    assert said in page
    assert "do not relink" in page
    assert "invalid_client" not in page
    assert "registration" not in client_for(bob).get("/").text


def test_permissions_without_their_key_are_counted_until_it_is_back(
    database, client_for, ada
) -> None:
    """F19."""
    make_account(database)
    make_account(database)
    with database.writing() as unit:
        unit.execute(update(GrantRow).values(trouble="key_missing", trouble_since=START))
    said = "2 stored permissions cannot be opened on this server"
    assert said in client_for(ada).get("/").text
    with database.writing() as unit:
        unit.execute(update(GrantRow).values(trouble="", trouble_since=None))
    assert said not in client_for(ada).get("/").text


def test_r34_permissions_in_the_salvage_folder_are_said_to_administrators(
    tools, client_for, ada, bob
) -> None:
    """Nobody should throw these files away, and somebody must look after the database."""
    folder = salvage_folder(tools)
    grant_id = uuid4()
    folder.keep(grant_id, 1, b"sealed")
    said = "1 renewed permission could not be stored: kept sealed in the folder salvage"
    assert said in client_for(ada).get("/").text
    assert said not in client_for(bob).get("/").text
    folder.drop(grant_id, 1)
    assert said not in client_for(ada).get("/").text
