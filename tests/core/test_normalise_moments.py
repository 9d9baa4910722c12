"""Datetimes become moments in UTC, whatever the language, the zone and the clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_datetime
from hypothesis import given
from hypothesis import strategies as st

from support.reading import layout, normalised, opened, shipped
from tournee.core import normalise
from tournee.core.facts import WarningCode
from tournee.core.settings import ContactField, FieldType

SEEN = ContactField(key="seen", type=FieldType.DATETIME, columns={"fr": ("Vu le",)})
TAGS = sorted(shipped())


def layout_in(zone="Europe/Paris", tag="fr"):
    return layout(tag, fields={"seen": SEEN}, timezone=zone)


def moment(text, zone="Europe/Paris", tag="fr"):
    found = normalise.one(layout_in(zone, tag), {"seen": text})
    return found["seen"] if isinstance(found, dict) else found[0][3]["problem"]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("03/04/2026 10:30", "2026-04-03T08:30:00Z"),
        ("3/4/26 9:05:59", "2026-04-03T07:05:59Z"),
        ("03/04/2026 10h30", "2026-04-03T08:30:00Z"),
        ("03/04/2026, 10:30", "2026-04-03T08:30:00Z"),
        ("3 avr. 2026 10:30", "2026-04-03T08:30:00Z"),
        ("03/01/2026 10:30", "2026-01-03T09:30:00Z"),
        ("2026-04-03 10:30:00.987", "2026-04-03T08:30:00Z"),
        ("2026-04-03T10:30", "2026-04-03T08:30:00Z"),
        ("2026-04-03T10:30:00Z", "2026-04-03T10:30:00Z"),
        ("2026-04-03T10:30:00+05:30", "2026-04-03T05:00:00Z"),
        ("2026-04-03T10:30:00-0530", "2026-04-03T16:00:00Z"),
        ("2026-04-03 10:30 +02", "2026-04-03T08:30:00Z"),
        ("03/04/2026 10:30 UTC", "2026-04-03T10:30:00Z"),
        ("20260403T103000Z", "2026-04-03T10:30:00Z"),
        ("20260403T1030", "2026-04-03T08:30:00Z"),
        ("03/04/2026", "2026-04-02T22:00:00Z"),
        ("2026-04-03", "2026-04-02T22:00:00Z"),
        ("03/04/2026 24:00", "2026-04-03T22:00:00Z"),
        ("31/12/2026 24:00:00", "2026-12-31T23:00:00Z"),
        ("\u200b 03/04/2026 \u00a0 10:30 ", "2026-04-03T08:30:00Z"),
        ("01/01/0001 00:00Z", "0001-01-01T00:00:00Z"),
        ("", None),
        ("\u200b ", None),
    ],
)
def test_a_datetime_is_stored_in_utc(text, utc):
    assert moment(text) == utc


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("03/04/2026 25:00", "form"), ("03/04/2026 10:60", "form"), ("03/04/2026 24:01", "impossible"),
        ("31/02/2026 10:30", "impossible"), ("31/02/2026", "impossible"), ("03/04/2026 1030", "form"),
        ("10:30", "form"), ("03/04 10:30", "form"), ("03/04/2026 10:30 CET", "form"),
        ("2026-04-03T10:30+25:00", "impossible"), ("2026-04-03T10:30+02:75", "impossible"),
        ("0001-01-01T00:00+02:00", "impossible"), ("9999-12-31T23:00-02:00", "impossible"),
        ("9999-12-31T24:00Z", "impossible"), ("01/01/0001", "impossible"),
        ("46115.4375", "serial"), ("46115,4375", "serial"), ("46115", "serial"), ("1775205000", "form"),
        ("13/04/2026 13:30 PM", "impossible"), ("13/04/2026 0:30 AM", "impossible"),
    ],
)  # fmt: skip
def test_a_refused_datetime_says_what_is_wrong_with_it(text, problem):
    assert moment(text) == problem


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("4/3/2026 12:00 AM", "2026-04-03T00:00:00Z"), ("4/3/2026 12:30 PM", "2026-04-03T12:30:00Z"),
        ("4/3/2026 1:05 a.m.", "2026-04-03T01:05:00Z"), ("4/3/2026 11:59:59 p. m.", "2026-04-03T23:59:59Z"),
        ("Apr 3rd, 2026 10:30pm", "2026-04-03T22:30:00Z"),
    ],
)  # fmt: skip
def test_the_half_of_the_day_counts(text, utc):
    assert moment(text, "UTC", "en") == utc


def test_a_time_that_the_clocks_skip_does_not_exist():
    assert moment("29/03/2026 02:30") == "skipped"
    assert moment("29/03/2026 01:59:59") == "2026-03-29T00:59:59Z"
    assert moment("29/03/2026 03:00") == "2026-03-29T01:00:00Z"
    assert moment("29/03/2026 02:30Z") == "2026-03-29T02:30:00Z"


def test_of_a_time_that_the_clocks_repeat_the_first_is_meant():
    assert moment("25/10/2026 02:30") == "2026-10-25T00:30:00Z"


@pytest.mark.parametrize("text", ["2026-03-29", "2026-03-29 00:00", "2026-03-28 24:00"])
def test_a_midnight_that_the_clocks_skip_is_when_they_skip_it(text):
    assert moment(text, "Asia/Beirut") == "2026-03-28T22:00:00Z"


ZONES = st.sampled_from(
    ["UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Asia/Beirut"]
)


@given(moment_meant=st.datetimes(datetime(1970, 1, 2), datetime(2060, 1, 1)), zone=ZONES)
def test_every_moment_that_is_written_in_local_time_is_read_back_unless_the_clocks_repeat_it(
    moment_meant, zone
):
    utc = moment_meant.replace(microsecond=0, tzinfo=UTC)
    local = utc.astimezone(ZoneInfo(zone))
    hour_before = local.replace(fold=0).astimezone(UTC) if local.fold else utc
    assert moment(f"{local:%d/%m/%Y %H:%M:%S}", zone) == f"{hour_before:%Y-%m-%dT%H:%M:%SZ}"


@given(
    moment_meant=st.datetimes(datetime(1970, 1, 2), datetime(2060, 1, 1)),
    minutes=st.integers(-14 * 60, 14 * 60),
)
def test_every_moment_that_is_written_with_its_offset_is_read_back(moment_meant, minutes):
    utc = moment_meant.replace(microsecond=0, tzinfo=UTC)
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    local = moment_meant.replace(microsecond=0) + timedelta(minutes=minutes)
    text = f"{local.isoformat()}{sign}{hours:02}:{rest:02}"
    assert moment(text) == f"{utc:%Y-%m-%dT%H:%M:%SZ}"


@given(
    when=st.datetimes(datetime(1970, 1, 2), datetime(2060, 1, 1)), form=st.sampled_from(["short", "medium"])
)
@pytest.mark.parametrize("tag", TAGS)
def test_datetimes_as_babel_writes_them_are_read_back(tag, when, form):
    when = when.replace(second=0 if form == "short" else when.second, microsecond=0)
    written = format_datetime(when, form, locale=tag.replace("-", "_"))
    assert moment(written, "UTC", tag) == f"{when.isoformat()}Z"


@given(st.text(st.sampled_from("0123456789:/-.,TZ+hapm avril\u200b\u202f"), max_size=24))
def test_whatever_stands_in_a_cell_gets_a_verdict(text):
    found = moment(text)
    assert found in (None, "form", "impossible", "serial", "skipped") or datetime.fromisoformat(found)


def test_datetimes_that_all_fit_the_other_order_too_are_told():
    text = "Email;Langue;Vu le\na@b.fr;fr;03/04/2026 10:30\n"
    table = opened(text, layout_in())
    list(normalise.Normaliser(layout_in(), table).batches())
    assert [warning.code for warning in table.warnings] == [WarningCode.AMBIGUOUS_DATES]


def test_a_datetime_is_text_in_the_declared_fields():
    [row] = normalised("Email;Langue;Vu le\na@b.fr;fr;03/04/2026 10:30\n", layout_in())
    assert row["fields"] == '{"seen":"2026-04-03T08:30:00Z"}'
