"""Archives are unpacked within limits; what is damaged is rejected, never half read."""

import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.reading import opened, rows_of
from tournee.core.errors import FileRejected
from tournee.core.facts import RejectReason

TEXT = "Email;Langue;Magasin\na@b.fr;fr;Orléans\n"
ROWS = [(2, ["a@b.fr", "fr", "Orléans"])]


def zipped(members, method=zipfile.ZIP_DEFLATED):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def rejection(data, name, **limits):
    with pytest.raises(FileRejected) as caught:
        rows_of(opened(data, None, name, **limits))
    return caught.value.reason


def test_a_gzip_is_unpacked():
    assert rows_of(opened(gzip.compress(TEXT.encode()), name="Import.CSV.GZ")) == ROWS


def test_a_gzip_of_several_members_is_read_to_its_end():
    data = gzip.compress(b"Email;Langue\n") + gzip.compress(b"a@b.fr;fr\n") + gzip.compress(b"c@d.fr;fr\n")
    assert [line for line, _cells in rows_of(opened(data, name="i.csv.gz"))] == [2, 3]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("inside", ["data.csv", "folder/Data.TXT", "x.tsv"])
def test_a_zip_of_one_file_is_unpacked(inside, method):
    assert rows_of(opened(zipped({inside: TEXT}, method), name="i.zip")) == ROWS


def test_folders_hidden_files_and_what_macos_adds_do_not_count():
    data = zipped({"a/": "", "a/data.csv": TEXT, "__MACOSX/a/._data.csv": "x", "a/.DS_Store": "x"})
    assert rows_of(opened(data, name="i.zip")) == ROWS


@pytest.mark.parametrize("members", [{}, {"a.csv": TEXT, "b.csv": TEXT}, {"a.xlsx": TEXT}, {"a/": ""}])
def test_a_zip_of_anything_but_one_file_is_rejected(members):
    reason = rejection(zipped(members), "i.zip")
    assert (reason.code, reason.details["problem"]) == (RejectReason.BAD_ARCHIVE, "members")


def test_a_zip_whose_only_file_has_no_name_is_rejected():
    data = zipped({"x": TEXT})
    directory = data.index(b"PK\x01\x02")
    data = data[: directory + 46] + b"\0" + data[directory + 47 :]
    assert rejection(data, "i.zip").details["problem"] == "members"


def test_an_encrypted_zip_is_rejected():
    data = zipped({"a.csv": TEXT})
    directory = data.index(b"PK\x01\x02")
    data = data[: directory + 8] + b"\x01" + data[directory + 9 :]
    assert rejection(data, "i.zip").details["problem"] == "encrypted"


def test_a_zip_packed_by_an_unusual_method_is_rejected():
    assert rejection(zipped({"a.csv": TEXT}, zipfile.ZIP_BZIP2), "i.zip").details["problem"] == "method"


@pytest.mark.parametrize("name", ["i.csv.gz", "i.zip"])
@pytest.mark.parametrize("data", [TEXT.encode(), b"PK\x03\x04", b"\x1f\x8b\x08", b"x"])
def test_what_is_no_archive_is_rejected_by_its_name(name, data):
    assert rejection(data, name).code == RejectReason.BAD_ARCHIVE


@given(st.data())
def test_a_truncated_archive_is_rejected(data):
    for name, archive in (("i.csv.gz", gzip.compress(TEXT.encode())), ("i.zip", zipped({"a.csv": TEXT}))):
        cut = data.draw(st.integers(1, len(archive) - 1))
        assert rejection(archive[:cut], name).code == RejectReason.BAD_ARCHIVE


@given(at=st.integers(0, 400), flip=st.integers(1, 255), name=st.sampled_from(["i.csv.gz", "i.zip"]))
def test_a_damaged_archive_is_read_right_or_rejected(at, flip, name):
    archive = bytearray(gzip.compress(TEXT.encode()) if name.endswith("gz") else zipped({"a.csv": TEXT}))
    archive[at % len(archive)] ^= flip
    try:
        found = rows_of(opened(bytes(archive), name=name))
    except FileRejected:
        return
    assert found == ROWS


def bomb(name, text):
    return gzip.compress(text) if name.endswith("gz") else zipped({"a.csv": text})


@pytest.mark.parametrize("name", ["i.csv.gz", "i.zip"])
def test_an_archive_that_unpacks_to_far_more_than_its_size_is_rejected(name):
    data = bomb(name, TEXT.encode() + b"a@b.fr;fr;x\n" * 200_000)
    reason = rejection(data, name)
    assert (reason.code, reason.details["limit"]) == (RejectReason.TOO_LARGE, "ratio")


@pytest.mark.parametrize("name", ["i.csv", "i.csv.gz", "i.zip"])
def test_a_file_larger_than_the_limit_is_rejected(name):
    data = TEXT.encode() * 100 if name.endswith("csv") else bomb(name, TEXT.encode() * 100)
    reason = rejection(data, name, size=2_000)
    assert (reason.code, reason.details["limit"]) == (RejectReason.TOO_LARGE, "size")


def test_the_directory_of_a_zip_is_not_read_into_memory_whatever_its_size():
    data = zipped({f"{number}.csv": "" for number in range(20_000)})
    assert rejection(data, "i.zip").details["problem"] == "broken"
