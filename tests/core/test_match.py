from datetime import UTC, datetime
from itertools import islice
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tournee.core.facts import NearMiss, NearMissReason, Reason, RemoteFile
from tournee.core.match import (
    FeedPattern,
    Stamp,
    Taken,
    concerns,
    free_names,
    judge,
    match,
    may_be,
    report_name,
    temporary_name,
)
from tournee.core.settings import StampRule

OPTIONAL, REQUIRED, FORBIDDEN = StampRule.OPTIONAL, StampRule.REQUIRED, StampRule.FORBIDDEN
AVIS = FeedPattern(list="avis", prefix="import_avis")
BIS = FeedPattern(list="bis", prefix="import_avis_bis")


def a_file(name: str, modified_at: datetime | None = None) -> RemoteFile:
    return RemoteFile(name=name, size=1, modified="", modified_at=modified_at)


def files(*names: str) -> list[RemoteFile]:
    return [a_file(name) for name in names]


def taken(names: list[RemoteFile], *feeds: FeedPattern) -> dict[str, list[str]]:
    return {key: [file.file.name for file in found.taken] for key, found in match(names, feeds).items()}


def near_misses(names: list[RemoteFile], *feeds: FeedPattern) -> dict[str, dict[str, str]]:
    return {
        key: {near_miss.name: near_miss.reason.code for near_miss in found.near_misses}
        for key, found in match(names, feeds).items()
    }


# ---------------------------------------------------------------- one name


@pytest.mark.parametrize(
    ("name", "stamp"),
    [
        ("import_avis.csv", None),
        ("import_avis.CSV", None),
        ("import_avis.csv.gz", None),
        ("import_avis.Csv.GZ", None),
        ("import_avis.txt", None),
        ("import_avis.tsv", None),
        ("import_avis.txt.gz", None),
        ("import_avis.zip", None),
        ("import_avis.csv.zip", None),
        ("import_avis.TSV.Zip", None),
        ("import_avis_20261123.csv", (20261123,)),
        ("import_avis-2026-11-23T09:30:00Z.csv", (2026, 11, 23, 9, 30, 0)),
        ("import_avis_20261123_0930.csv", (20261123, 930)),
        ("import_avis_20261123T093000Z.csv.gz", (20261123, 93000)),
        ("import_avis_001.csv", (1,)),
        ("import_avis.1.csv", (1,)),
        ("import_avis 2026 11 23.csv", (2026, 11, 23)),
        ("import_avis_2026.11-23 09.zip", (2026, 11, 23, 9)),
        ("import_avis_1Z.csv", (1,)),
        ("import_avis_" + "9" * 64 + ".csv", (int("9" * 64),)),
    ],
)
def test_the_prefix_then_a_stamp_then_a_known_extension_is_taken(name: str, stamp: Stamp | None) -> None:
    assert judge(name, "import_avis", OPTIONAL) == Taken(stamp)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("import_avis_bis.csv", "other_prefix"),
        ("import_avis_bis_20261123.csv", "other_prefix"),
        ("import_avisbis.csv", "other_prefix"),
        ("import_avis2.csv", "other_prefix"),
        ("import_avis20261123.csv", "other_prefix"),
        ("import_avis_20261123_bis.csv", "other_prefix"),
        ("import_avis.bis.csv", "other_prefix"),
        ("import_avis.old.csv.gz", "other_prefix"),
        ("import_avis.csvbis.csv", "other_prefix"),
        ("import_avis - Copie.csv", "other_prefix"),
        ("import_avis(1).csv", "other_prefix"),
        ("import_avis_v2.csv", "other_prefix"),
        ("import_avis_20261123t0930.csv", "other_prefix"),
        ("import_avis_20261123z.csv", "other_prefix"),
        ("import_avis_é.csv", "other_prefix"),
        ("import_avis_bis", "other_prefix"),
        ("import_avis_bis.xlsx", "other_prefix"),
        ("import_avis_bis.csv.part", "other_prefix"),
        ("Import_Avis_bis.csv", "other_prefix"),
        ("Import_Avis.csv", "case"),
        ("IMPORT_AVIS_20261123.CSV", "case"),
        ("Import_Avis.xlsx", "case"),
        ("Import_Avis.csv.part", "case"),
        ("import_avis.csv.part", "partial"),
        ("import_avis.csv.filepart", "partial"),
        ("import_avis.csv.PART", "partial"),
        ("import_avis.csv.tmp", "partial"),
        ("import_avis_20261123.csv.crdownload", "partial"),
        ("import_avis.csv~", "partial"),
        ("import_avis.part", "partial"),
        ("import_avis.xlsx.tmp", "partial"),
        ("import_avis.xlsx", "extension"),
        ("import_avis", "extension"),
        ("import_avis_20261123", "extension"),
        ("import_avis_20261123.7z", "extension"),
        ("import_avis.gz", "extension"),
        ("import_avis.csv.bz2", "extension"),
        ("import_avis.csv.csv", "extension"),
        ("import_avis.csv.1", "extension"),
        ("import_avis.csv.ok", "extension"),
        ("import_avis.csv_old", "extension"),
        ("import_avis.csv ", "extension"),
        ("import_avis.csv\n", "extension"),
        ("import_avis.c\u017fv", "extension"),  # a long s is not the s of csv
        ("import_avis.", "extension"),
        ("import_avis_.csv", "stamp"),
        ("import_avis_20261123_.csv", "stamp"),
        ("import_avis__20261123.csv", "stamp"),
        ("import_avis_20261123__0930.csv", "stamp"),
        ("import_avis (1).csv", "stamp"),
        ("import_avis_\u0662\u0660\u0662\u0666.csv", "stamp"),  # Arabic digits
        ("import_avis_" + "9" * 65 + ".csv", "stamp"),
        (".import_avis.csv", "hidden"),
        (".import_avis_20261123.csv.part", "hidden"),
        (".Import_Avis.csv", "hidden"),
    ],
)
def test_a_name_that_is_nearly_taken_says_why_it_is_not(name: str, reason: str) -> None:
    assert judge(name, "import_avis", OPTIONAL) == reason


@pytest.mark.parametrize(
    "name",
    [
        "mon_import_avis.csv",
        "import_avi.csv",
        "~import_avis.csv",
        " import_avis.csv",
        "._import_avis.csv",
        ".csv",
        ".",
    ],
)
def test_a_stranger_is_not_even_a_near_miss(name: str) -> None:
    assert judge(name, "import_avis", OPTIONAL) is None


@pytest.mark.parametrize(
    ("name", "rule", "expected"),
    [
        ("import_avis.csv", REQUIRED, NearMissReason.STAMP),
        ("import_avis_1.csv", REQUIRED, Taken((1,))),
        ("import_avis.csv", FORBIDDEN, Taken(None)),
        ("import_avis_1.csv", FORBIDDEN, NearMissReason.STAMP),
        ("Import_Avis.csv", REQUIRED, NearMissReason.CASE),
        ("import_avis.csv.part", REQUIRED, NearMissReason.PARTIAL),
        ("import_avis_1.xlsx", FORBIDDEN, NearMissReason.EXTENSION),
    ],
)
def test_a_stamp_can_be_demanded_or_refused(name: str, rule: StampRule, expected: object) -> None:
    assert judge(name, "import_avis", rule) == expected


def test_an_accent_is_the_same_letter_in_both_unicode_forms() -> None:
    for prefix in (normalize("NFC", "clientèle"), normalize("NFD", "clientèle")):
        for name in (normalize("NFC", "clientèle_1.csv"), normalize("NFD", "clientèle_1.csv")):
            assert judge(name, prefix, OPTIONAL) == Taken((1,))


def test_a_letter_that_folds_into_two_is_compared_whole() -> None:
    assert judge("STRASSE_1.csv", "straße", OPTIONAL) == NearMissReason.CASE
    assert judge("STRASSE_BIS.csv", "straße", OPTIONAL) == NearMissReason.OTHER_PREFIX


def test_an_accent_more_is_another_name() -> None:
    assert judge("import_ete\u0301.csv", "import_ete", OPTIONAL) is None


odd = st.text(
    st.sampled_from("_-. TZ:tz019csvzipgzart~()é\u0301\u0665\n\x00\udce9İß") | st.characters(), max_size=12
)


@given(odd, st.sampled_from(["import_avis", "Été", "a", "straße"]), st.sampled_from(StampRule), odd)
def test_no_name_crashes_and_none_with_a_letter_after_the_prefix_is_taken(
    tail: str, prefix: str, rule: StampRule, head: str
) -> None:
    verdict = judge(prefix + tail + ".csv", prefix, rule)
    if any(char.isalpha() for char in tail.upper().replace("T", "").replace("Z", "")):
        known = tail.lower().endswith((".csv", ".txt", ".tsv", ".zip", ".gz"))
        assert not isinstance(verdict, Taken) or known
    judge(head + tail, prefix, rule)
    judge("." + head, prefix, rule)


groups = st.lists(st.integers(0, 10**14), min_size=1, max_size=6)
separators = st.lists(st.sampled_from("_-. T:"), min_size=6, max_size=6)


@given(
    groups,
    st.sampled_from("_-. "),
    separators,
    st.sampled_from(["", "Z"]),
    st.sampled_from([".csv", ".TXT.gz"]),
)
def test_every_well_formed_stamp_is_taken_as_its_numbers(
    numbers: list[int], first: str, joints: list[str], end: str, extension: str
) -> None:
    text = "".join(f"{joint}{number:02}" for joint, number in zip([first, *joints], numbers, strict=False))
    assert judge(f"import_avis{text}{end}{extension}", "import_avis", REQUIRED) == Taken(tuple(numbers))


# ---------------------------------------------------------------- a listing


def test_the_longest_prefix_has_the_name_and_the_shorter_feed_sees_nothing() -> None:
    names = files("import_avis_1.csv", "import_avis_bis_2.csv", ".import_avis_bis.csv", "import_avis_ter.csv")
    assert taken(names, AVIS, BIS) == {"avis": ["import_avis_1.csv"], "bis": ["import_avis_bis_2.csv"]}
    assert near_misses(names, AVIS, BIS) == {
        "avis": {"import_avis_ter.csv": "other_prefix"},
        "bis": {".import_avis_bis.csv": "hidden"},
    }


def test_a_prefix_that_looks_like_a_stamp_has_its_names() -> None:
    year = FeedPattern(list="year", prefix="import_avis_2026")
    names = files("import_avis_2025_11.csv", "import_avis_2026_11.csv")
    expected = {"avis": ["import_avis_2025_11.csv"], "year": ["import_avis_2026_11.csv"]}
    assert taken(names, AVIS, year) == taken(names, year, AVIS) == expected


def test_a_longer_prefix_that_may_not_take_a_name_leaves_it_to_the_shorter() -> None:
    year = FeedPattern(list="year", prefix="import_avis_2026", stamp_rule=FORBIDDEN)
    names = files("import_avis_2026_11.csv")
    assert taken(names, AVIS, year) == {"avis": ["import_avis_2026_11.csv"], "year": []}
    assert near_misses(names, AVIS, year) == {"avis": {}, "year": {}}


def test_prefixes_that_differ_in_case_do_not_miss_each_others_names() -> None:
    upper = FeedPattern(list="upper", prefix="IMPORT_AVIS")
    names = files("IMPORT_AVIS.csv", "import_avis.csv", "Import_Avis.csv")
    assert taken(names, AVIS, upper) == {"avis": ["import_avis.csv"], "upper": ["IMPORT_AVIS.csv"]}
    miss = {"Import_Avis.csv": "case"}
    assert near_misses(names, AVIS, upper) == {"avis": miss, "upper": miss}


def test_a_near_miss_names_what_its_sentence_needs() -> None:
    feed = FeedPattern(list="avis", prefix="import_avis", stamp_rule=REQUIRED)
    found = match(files("import_avis_bis.csv", "import_avis.csv", "stranger.csv"), [feed])["avis"]
    assert found.near_misses == (
        NearMiss(
            name="import_avis.csv", reason=Reason("stamp", {"prefix": "import_avis", "rule": "required"})
        ),
        NearMiss(name="import_avis_bis.csv", reason=Reason("other_prefix", {"prefix": "import_avis"})),
    )


def test_the_marker_of_a_feed_that_uses_it_is_no_near_miss() -> None:
    marked = FeedPattern(list="avis", prefix="import_avis", marker=".ok")
    names = files(
        "import_avis_1.csv", "import_avis_1.csv.ok", "import_avis.xlsx.ok", "import_avis_bis.csv.ok"
    )
    assert taken(names, marked) == {"avis": ["import_avis_1.csv"]}
    assert near_misses(names, marked) == {
        "avis": {"import_avis.xlsx.ok": "extension", "import_avis_bis.csv.ok": "other_prefix"}
    }


def test_the_marker_of_one_feed_is_no_near_miss_of_another() -> None:
    marked = FeedPattern(list="bis", prefix="import_avis_bis", marker=".ok")
    assert near_misses(files("import_avis_bis.csv.ok"), AVIS, marked) == {"avis": {}, "bis": {}}


def test_stamps_are_in_order_as_numbers_and_names_without_one_come_last_by_their_time() -> None:
    noon, night = (datetime(2026, 11, 23, hour, tzinfo=UTC) for hour in (12, 23))
    listing = [
        a_file("import_avis.csv", noon),
        a_file("import_avis.txt", None),
        a_file("import_avis.tsv", night),
        a_file("import_avis_10.csv", noon),
        a_file("import_avis_9.csv", night),
        a_file("import_avis_9_1.csv", noon),
        a_file("import_avis_09.csv", noon),
    ]
    assert taken(listing, AVIS)["avis"] == [
        "import_avis_09.csv", "import_avis_9.csv", "import_avis_9_1.csv", "import_avis_10.csv",
        "import_avis.txt", "import_avis.csv", "import_avis.tsv",
    ]  # fmt: skip


@given(st.permutations(["", "_1", "_02", "_2", "_1_1", "_20261123", "-2026-11-23", ".5"]))
def test_the_order_does_not_depend_on_the_listing(stamps: list[str]) -> None:
    found = taken(files(*(f"import_avis{stamp}.csv" for stamp in stamps)), AVIS)["avis"]
    assert found == taken(files(*sorted(found)), AVIS)["avis"]
    assert len(found) == len(stamps)


@given(st.lists(odd.map(lambda tail: "import_avis" + tail) | odd, max_size=6))
def test_a_name_belongs_to_one_feed_at_most_and_is_never_both_taken_and_missed(names: list[str]) -> None:
    marked = FeedPattern(list="year", prefix="import_avis_20", marker=".ok")
    unique = sorted(set(names))
    found = match(files(*unique), [AVIS, BIS, marked]).values()
    owned = [file.file.name for matched in found for file in matched.taken]
    owned += [near_miss.name for matched in found for near_miss in matched.near_misses]
    assert len(owned) == len(set(owned))
    assert set(owned) <= set(unique)


def test_a_directory_without_feeds_or_files_gives_nothing() -> None:
    assert match(files("import_avis.csv"), []) == {}
    assert taken([], AVIS) == {"avis": []}


def test_a_listing_keeps_what_concerns_some_feed_and_drops_the_strangers() -> None:
    marked = FeedPattern(list="bis", prefix="import_avis_bis", marker=".ok")
    names = [
        "import_avis.csv",
        "import_avis_bis.csv.ok",
        ".import_avis.csv",
        "Import_Avis.csv",
        "stranger.csv",
    ]
    assert [name for name in names if concerns([AVIS, marked], name)] == names[:-1]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "import_avis.csv",
            ["import_avis.csv", "import_avis.7.csv", "import_avis.7.2.csv", "import_avis.7.3.csv"],
        ),
        ("a_1.CSV.gz", ["a_1.CSV.gz", "a_1.7.CSV.gz", "a_1.7.2.CSV.gz", "a_1.7.3.CSV.gz"]),
        ("a.odd", ["a.odd", "a.odd.7", "a.odd.7.2", "a.odd.7.3"]),
    ],
)
def test_a_file_is_put_away_under_its_name_or_one_with_its_imports_number(
    name: str, expected: list[str]
) -> None:
    assert list(islice(free_names(name, 7), 4)) == expected


@given(st.sampled_from(["import_avis.csv", "a+b (1).csv.GZ", "liste", "x.7.csv"]), st.integers(1, 10**9))
def test_a_file_that_was_put_away_is_known_by_its_name(name: str, number: int) -> None:
    assert all(may_be(name, free) for free in islice(free_names(name, number), 4))


@pytest.mark.parametrize(
    "other",
    [
        "import_avis.csv.gz", "import_avis_2.csv", "import_avis.csv.report.csv", "import_avis.x.csv",
        "import_avis.1.2.3.csv", "import_avis.1csv", "Import_avis.csv", "import_avis.csv\n",
        "import_avis..csv",
    ],
)  # fmt: skip
def test_another_name_is_not_that_of_a_file_that_was_put_away(other: str) -> None:
    assert not may_be("import_avis.csv", other)


# ---------------------------------------------------------------- names of our own


@pytest.mark.parametrize(
    "name",
    [
        "import_avis.csv.report.csv",
        "import_avis.csv.report.12.csv",
        "import_avis.csv.report.12.2.csv",
        "import_avis_20261123.CSV.GZ.report.csv",
        "import_avis.zip.report.csv",
    ],
)
def test_our_own_report_is_a_stranger(name: str) -> None:
    assert judge(name, "import_avis", OPTIONAL) is None
    assert near_misses(files(name), AVIS, BIS) == {"avis": {}, "bis": {}}
    assert not concerns([AVIS], name)


@pytest.mark.parametrize("rule", [REQUIRED, FORBIDDEN])
def test_a_report_stays_ours_when_the_feed_takes_other_names_by_now(rule: StampRule) -> None:
    for name in ("import_avis.csv", "import_avis_20261123.csv"):
        assert judge(report_name(name), "import_avis", rule) is None


def test_a_report_of_one_feed_is_no_near_miss_of_another() -> None:
    report = "import_avis_bis.csv.report.csv"
    assert near_misses(files(report), AVIS, BIS) == {"avis": {}, "bis": {}}
    assert near_misses(files(report), AVIS) == {"avis": {report: "other_prefix"}}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("import_avis.report.csv", NearMissReason.OTHER_PREFIX),
        ("import_avis_bis.csv.report.csv", NearMissReason.OTHER_PREFIX),
        ("import_avis.csv.reports.csv", NearMissReason.EXTENSION),
        ("import_avis.csv.report.bis.csv", NearMissReason.EXTENSION),
        ("import_avis.csv.report.csv.part", NearMissReason.PARTIAL),
        ("import_avis.xlsx.report.csv", NearMissReason.OTHER_PREFIX),
    ],
)
def test_what_only_looks_like_a_report_is_a_near_miss(name: str, reason: NearMissReason) -> None:
    assert judge(name, "import_avis", OPTIONAL) is reason


def test_a_report_that_another_feed_is_told_to_take_is_taken() -> None:
    feed = FeedPattern(list="reports", prefix="import_avis.csv.report")
    assert taken(files("import_avis.csv.report.csv"), AVIS, feed) == {
        "avis": [],
        "reports": ["import_avis.csv.report.csv"],
    }


def test_an_upload_that_is_not_finished_is_a_stranger_whatever_the_prefix() -> None:
    name = temporary_name("tournee.csv.report.csv")
    for prefix in ("tournee", "tournee-", ".tournee", "import_avis"):
        assert judge(name, prefix, OPTIONAL) is None


@given(st.text(min_size=1).filter(lambda text: not set(text) & set("/\0")))
def test_a_temporary_name_is_hidden_short_and_always_the_same(name: str) -> None:
    spare = temporary_name(name)
    assert spare == temporary_name(name)
    assert spare.startswith(".")
    assert len(spare) < 40
    assert spare.isascii()


@given(st.sampled_from(["import_avis.csv", "import_avis_2026.zip"]), st.integers(1, 10**9))
def test_every_name_that_a_report_may_get_is_a_stranger(name: str, number: int) -> None:
    for free in islice(free_names(report_name(name), number), 4):
        assert judge(free, "import_avis", OPTIONAL) is None
