"""Promise 2, the right file: exactly the names of a prefix, and never a file being written."""

import gzip
import io
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.house import House
from support.rounds import Round
from support.servers import Box, running

#: The table of PRODUCT.md, section 4.
TAKEN = (
    "import_avis.csv", "import_avis.CSV", "import_avis.csv.gz", "import_avis.zip",
    "import_avis_20261123.csv", "import_avis-2026-11-23T09:30:00Z.csv", "import_avis_20261123_0930.csv",
    "import_avis_001.csv",
)  # fmt: skip
NEARLY = {
    "import_avis_bis.csv": "other_prefix",
    "import_avis_bis_20261123.csv": "other_prefix",
    "import_avisbis.csv": "other_prefix",
    "import_avis2.csv": "other_prefix",
    "import_avis_20261123_bis.csv": "other_prefix",
    "Import_Avis.csv": "case",
    ".import_avis.csv": "hidden",
    "import_avis.csv.part": "partial",
    "import_avis.csv.filepart": "partial",
    "import_avis.xlsx": "extension",
    "import_avis": "extension",
}
STRANGER = "mon_import_avis.csv"
TITLE = "Email;Langue\n"
LINES = [f"person{number}@example.com;fr\n" for number in range(12)]


@pytest.fixture(params=["sftp", "ftps"])
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Box]:
    """A directory of this machine on a server of each kind."""
    served = tmp_path / "served"
    served.mkdir()
    with running(request.param, served) as found:
        yield found


@pytest.fixture
def served(small_house: House, box: Box) -> House:
    """A house whose drop box is on that server."""
    small_house.served_by(box)
    return small_house


def delivered(name: str, number: int) -> bytes:
    """What a file of that name holds: one person of its own."""
    text = f"{TITLE}taken{number}@example.com;fr\n".encode()
    if name.endswith(".gz"):
        return gzip.compress(text)
    if not name.endswith(".zip"):
        return text
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("export.csv", text)
    return packed.getvalue()


def test_exactly_the_names_of_the_table_are_taken_and_near_misses_told(served: House, box: Box) -> None:
    names = (*TAKEN, *NEARLY, STRANGER)
    for number, name in enumerate(names):
        box.put(name, delivered(name, number))
    [report] = served.here("poll", "--json").json
    assert {file["name"]: file["reason"] or file["outcome"] for file in report["files"]} == {
        **dict.fromkeys(TAKEN, "imported"),
        **NEARLY,
    }
    people = [served.here("contact", "show", f"taken{n}@example.com").code for n in range(len(names))]
    assert people == [0] * len(TAKEN) + [1] * (len(names) - len(TAKEN))


def test_the_longer_prefix_has_the_file_and_the_shorter_one_never(served: House, box: Box) -> None:
    lists = served.config.read_text("utf-8").partition("  avis:")[2]
    served.configure(served.config.read_text("utf-8") + f"  avis_bis:{lists}")
    box.put("import_avis_20261123.csv", delivered("", 1))
    box.put("import_avis_bis_20261123.csv", delivered("", 2))
    served.here("poll")
    people = [served.here("contact", "show", f"taken{n}@example.com", "--json").json for n in (1, 2)]
    assert [person["lists"] for person in people] == [["avis"], ["avis_bis"]]


def test_a_pass_during_an_upload_leaves_the_file_and_one_after_it_takes_all(
    small_rounds: Round, box: Box
) -> None:
    small_rounds.feed(settle="30 seconds")
    small_rounds.served_by(box.with_(key="depot"))
    passes = []
    for written in range(1, len(LINES) + 1):
        box.put("import_avis.csv", (TITLE + "".join(LINES[:written])).encode())
        passes.append(small_rounds.outcomes()["import_avis.csv"])
        small_rounds.later(seconds=29)
    assert passes == ["waiting new"] + ["waiting growing"] * (len(LINES) - 1)
    small_rounds.later(seconds=1)
    assert (small_rounds.outcomes(), small_rounds.members()) == ({"import_avis.csv": "imported"}, len(LINES))


def test_a_slow_upload_is_imported_once_and_whole_by_whoever_waits_for_it(served: House, box: Box) -> None:
    served.configure(served.config.read_text("utf-8").replace("settle: 0 seconds", "settle: 1 second"))
    begun, pace = threading.Event(), threading.Event()

    def upload() -> None:
        with (box.directory / "import_avis.csv").open("w", encoding="utf-8", buffering=1) as file:
            for line in (TITLE, *LINES):
                file.write(line)
                begun.set()
                pace.wait(0.15)

    writer = threading.Thread(target=upload)
    writer.start()
    begun.wait()
    [report] = served.run("poll", "--wait", "--json").json
    writer.join()
    assert [file["outcome"] for file in report["files"]] == ["imported"]
    assert served.here("imports", "--json").json[0]["counts"]["created"] == len(LINES)
