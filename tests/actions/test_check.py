"""Is it reachable and trusted, and what would be taken; the template of a list; what there is to pin."""

import pytest

from support.rounds import JO, ZOE, A, B, Round
from support.servers import running
from tournee.actions import check
from tournee.core.errors import RemoteError, UnknownName
from tournee.core.facts import ListCheck, RemoteErrorKind, RepositoryCheck


def connected(rounds: Round) -> ListCheck:
    """What was seen for the one list of the one repository."""
    ((list_,),) = [repository.lists for repository in check.connect(rounds.app)]
    return list_


def test_connecting_shows_what_each_list_would_take_and_what_it_nearly_would(rounds: Round):
    rounds.feed("bis", path="bis", prefix="import")
    for name in (B, A, "import_avis.csv.part", "Import_avis.csv", "stranger.csv", "bis/import.csv"):
        rounds.put(name)
    (found,) = check.connect(rounds.app)
    avis, bis = found.lists
    assert (found.repository, found.ok, found.error, found.reason) == ("depot", True, None, None)
    assert (avis.list, avis.taken, bis.list, bis.taken) == ("avis", (A, B), "bis", ("import.csv",))
    assert [(miss.name, miss.reason.code) for miss in avis.near_misses] == [
        ("Import_avis.csv", "case"), ("import_avis.csv.part", "partial"),
    ]  # fmt: skip


def test_connecting_writes_nothing_and_takes_nothing(rounds: Round):
    rounds.feed(after_import="delete", backlog="skip")
    rounds.put(A)
    before = rounds.tables()
    check.connect(rounds.app)
    assert (rounds.tables(), rounds.files()) == (before, [A])


def test_a_repository_that_cannot_be_reached_is_told_and_the_others_are_tried(small_rounds: Round):
    small_rounds.configure(
        repositories={
            "away": {"url": "ftp://u@127.0.0.1:9/", "password": "x"},
            **small_rounds.settings["repositories"],
        }
    )
    away, depot = check.connect(small_rounds.app)
    assert (away.repository, away.ok, away.error, away.lists) == (
        "away", False, RemoteErrorKind.UNREACHABLE, (),
    )  # fmt: skip
    assert (depot.repository, depot.ok) == ("depot", True)


def test_a_directory_that_is_not_there_is_told_by_its_path(small_rounds: Round):
    small_rounds.feed(path="nowhere")
    (found,) = check.connect(small_rounds.app)
    assert (found.ok, found.error) == (False, RemoteErrorKind.NOT_FOUND)
    assert found.reason
    assert found.reason.details["directory"] == f"{small_rounds.drop}/nowhere"


def test_a_repository_that_feeds_no_list_is_looked_into_all_the_same(small_rounds: Round):
    small_rounds.settings["repositories"]["spare"] = {"url": f"file://{small_rounds.root}/spare"}
    small_rounds.configure()
    assert [(one.repository, one.ok) for one in check.connect(small_rounds.app)] == [
        ("depot", True), ("spare", False),
    ]  # fmt: skip
    (small_rounds.root / "spare").mkdir()
    assert check.connect(small_rounds.app)[1] == RepositoryCheck(repository="spare", ok=True)


def test_files_that_were_imported_from_another_place_are_counted_as_taken_again(rounds: Round):
    rounds.put(A)
    rounds.put(B, JO)
    rounds.poll()
    assert connected(rounds).again == 0
    rounds.settings["repositories"] = {"renamed": {"url": f"file://{rounds.drop}"}}
    rounds.feed(repository="renamed")
    rounds.put("import_avis_3.csv")
    assert (len(connected(rounds).taken), connected(rounds).again) == (3, 2)


def test_files_of_a_directory_with_another_url_are_counted_too(small_rounds: Round):
    small_rounds.put(A)
    small_rounds.poll()
    small_rounds.drop.rename(small_rounds.root / "moved")
    small_rounds.settings["repositories"]["depot"]["url"] = f"file://{small_rounds.root}/moved"
    small_rounds.configure()
    assert connected(small_rounds).again == 1
    assert small_rounds.next_outcomes() == {A: "imported"}


def test_a_new_version_of_a_known_file_is_not_taken_again(small_rounds: Round):
    small_rounds.put(A)
    small_rounds.poll()
    small_rounds.put(A, JO)
    assert connected(small_rounds).again == 0


# ---------------------------------------------------------------- the template


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_template_as_it_is_brings_nobody_and_no_warning(rounds: Round, language: str):
    rounds.feed(language=language)
    record = rounds.bring(text=check.template(rounds.app, "avis"))
    assert (record.outcome, record.warnings, record.counts.read) == ("imported", (), 0)


def test_the_template_has_every_standard_field_and_every_declared_one(small_rounds: Round):
    header = check.template(small_rounds.app, "avis").removeprefix("\ufeff").splitlines()[0]
    assert header == "Nom;Prénom;Sexe;Civilité;Pays;Email;Téléphone;Langue;Montant;Fidèle"


def test_the_template_of_a_list_that_does_not_exist_names_the_nearest(small_rounds: Round):
    with pytest.raises(UnknownName) as caught:
        check.template(small_rounds.app, "avi")
    assert caught.value.reason.details == {"name": "avi", "nearest": "avis"}


# ---------------------------------------------------------------- what to pin


def test_what_a_server_shows_is_what_its_repository_then_trusts(small_rounds: Round):
    with running("sftp", small_rounds.drop) as box:
        url = f"sftp://u@127.0.0.1:{box.repository.port}/"
        small_rounds.configure(repositories={"depot": {"url": url, "password": "x"}})
        offer = check.trust(str(small_rounds.config), "depot")
        assert (offer.kind, set(offer.fingerprints)) == ("host_key", set(box.repository.host_key))
        small_rounds.put(A, ZOE)
        small_rounds.served_by(box.with_(host_key=offer.fingerprints[:1]))
        assert small_rounds.outcomes() == {A: "imported"}


def test_a_directory_of_this_machine_has_nothing_to_pin(small_rounds: Round):
    with pytest.raises(RemoteError) as caught:
        check.trust(str(small_rounds.config), "depot")
    assert caught.value.reason.code == "nothing_to_pin"


def test_a_repository_that_does_not_exist_is_told_with_the_nearest(small_rounds: Round):
    with pytest.raises(UnknownName) as caught:
        check.trust(str(small_rounds.config), "depto")
    assert (caught.value.reason.code, caught.value.reason.details["nearest"]) == (
        "unknown_repository", "depot",
    )  # fmt: skip


# ---------------------------------------------------------------- several lists of one repository


def test_a_directory_that_is_not_there_hides_no_other_list(small_rounds: Round):
    small_rounds.put(A, ZOE)
    small_rounds.feed("a_lost_one", path="nowhere")
    ((seen,),) = [check.connect(small_rounds.app)]
    assert (seen.ok, seen.error) == (False, RemoteErrorKind.NOT_FOUND)
    assert [(entry.list, entry.taken) for entry in seen.lists] == [("avis", (A,))]
