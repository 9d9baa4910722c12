from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tournee.core.times import Duration, Schedule

PARIS = ZoneInfo("Europe/Paris")
MINUTE = timedelta(minutes=1)
DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def paris(*when: int) -> datetime:
    """The first instant at which a clock in Paris shows this."""
    return datetime(*when, tzinfo=PARIS).astimezone(UTC)


def due(line: str, last: datetime, count: int, zone: ZoneInfo = PARIS) -> list[datetime]:
    schedule, found = Schedule.parse_cron(line), []
    for _ in range(count):
        last = schedule.next_after(last, zone)
        found.append(last)
    return found


# ---------------------------------------------------------------- durations


@pytest.mark.parametrize(
    ("text", "seconds", "months"),
    [
        ("0", 0, 0),
        ("0 seconds", 0, 0),
        ("30 seconds", 30, 0),
        ("15 minutes", 900, 0),
        (" 15  Minutes ", 900, 0),
        ("15 min", 900, 0),
        ("15min", 900, 0),
        ("2 mins", 120, 0),
        ("45 sec", 45, 0),
        ("10s", 10, 0),
        ("1 h", 3600, 0),
        ("1 hour", 3600, 0),
        ("1 day", 86_400, 0),
        ("3d", 259_200, 0),
        ("90 days", 7_776_000, 0),
        ("2 weeks", 1_209_600, 0),
        ("1 month", 0, 1),
        ("month", 0, 1),
        ("2 years", 0, 24),
    ],
)
def test_a_duration_is_read_as_people_write_it(text: str, seconds: int, months: int) -> None:
    duration = Duration.parse(text)
    assert (duration.seconds, duration.months) == (seconds, months)
    assert str(duration) == " ".join(text.split())


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "15", "15 m", "1h30", "1 hour 30 minutes", "1.5 hours", "1,5 hours", "-1 day", "+1 day",
        "5 fortnights", "1 ms", "٣ days", "one day", "1 day\x00", "day 1", "days days", "P1D", "2 ss",
    ],
)  # fmt: skip
def test_what_is_not_a_duration_is_refused_with_the_words_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="seconds, minutes, hours, days, weeks, months or years"):
        Duration.parse(text)


def test_a_number_without_a_unit_is_answered_with_an_example() -> None:
    with pytest.raises(ValueError, match="such as `15 minutes`"):
        Duration.parse("15")


@pytest.mark.parametrize("text", ["101 years", "36601 days", "999999999 months", "999999999 weeks"])
def test_a_duration_longer_than_a_century_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="longer than a century"):
        Duration.parse(text)


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        ("1 month", paris(2026, 3, 31, 9), paris(2026, 2, 28, 9)),
        ("1 month", paris(2028, 3, 31, 9), paris(2028, 2, 29, 9)),
        ("1 month", paris(2026, 1, 15, 9), paris(2025, 12, 15, 9)),
        (
            "1 month",
            paris(2026, 4, 15, 9),
            paris(2026, 3, 15, 9),
        ),  # the same time of the clock, 31 days − 1 h
        ("1 year", paris(2028, 2, 29, 9), paris(2027, 2, 28, 9)),
        ("13 months", paris(2026, 11, 30, 9), paris(2025, 10, 30, 9)),
        ("1 month", paris(2026, 4, 29, 2, 30), paris(2026, 3, 29, 3)),  # 02:30 was jumped over
        ("1 month", paris(2026, 4, 29, 2, 30, 0, 500_000), paris(2026, 3, 29, 3)),
        ("30 days", paris(2026, 4, 15, 9), paris(2026, 3, 16, 8)),  # by the instant
        ("24 hours", paris(2026, 3, 29, 9), paris(2026, 3, 28, 8)),
        ("0", paris(2026, 4, 15, 9), paris(2026, 4, 15, 9)),
    ],
)
def test_months_look_back_on_the_calendar_and_days_by_the_instant(
    text: str, now: datetime, expected: datetime
) -> None:
    assert Duration.parse(text).before(now, PARIS) == expected


def test_a_month_is_counted_where_the_operator_lives() -> None:
    now = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)  # the 1st of April in Paris
    assert Duration.parse("1 month").before(now, PARIS) == paris(2026, 3, 1, 1, 30)


def test_a_month_that_begins_in_the_repeated_hour_begins_at_its_first_pass() -> None:
    found = Duration.parse("1 month").before(paris(2026, 11, 25, 2, 30), PARIS)
    assert found == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


instants = st.datetimes(datetime(1971, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))
zones = st.sampled_from(
    ["UTC", "Europe/Paris", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Asia/Beirut",
     "Pacific/Apia", "Asia/Kathmandu", "Africa/Casablanca"]
).map(ZoneInfo)  # fmt: skip


@given(instants, zones, st.integers(1, 40))
def test_looking_a_month_back_keeps_the_day_or_takes_the_last(
    now: datetime, zone: ZoneInfo, months: int
) -> None:
    wall = now.astimezone(zone)
    found = Duration(f"{months} months", 0, months).before(now, zone).astimezone(zone)
    ordinal = wall.year * 12 + wall.month - 1 - months
    clipped = found.day < wall.day and (found + timedelta(days=1)).month != found.month
    jumped = found.replace(tzinfo=None) > wall.replace(
        tzinfo=None, year=found.year, month=found.month, day=found.day
    )
    assert found.year * 12 + found.month - 1 == ordinal or jumped
    assert found.day == wall.day or clipped or jumped


@given(instants, zones, st.integers(0, 40), st.integers(0, 10**8))
def test_a_window_never_ends_after_now_and_grows_with_its_duration(
    now: datetime, zone: ZoneInfo, months: int, seconds: int
) -> None:
    shorter, longer = Duration("", seconds, months), Duration("", seconds, months + 1)
    assert longer.before(now, zone) < shorter.before(now, zone) <= now
    assert now <= shorter.after(now, zone) < longer.after(now, zone)
    assert shorter.after(now, zone) - now <= shorter.longest + timedelta(days=1)


# ---------------------------------------------------------------- every


def test_every_counts_from_the_last_time() -> None:
    schedule = Schedule.parse_every("15 minutes")
    assert schedule.text == "15 minutes"
    assert schedule.next_after(paris(2026, 3, 29, 1, 50), PARIS) == paris(2026, 3, 29, 3, 5)


@pytest.mark.parametrize("text", ["0", "0 minutes", "0 months", "15", "sometimes"])
def test_every_without_a_pause_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write"):
        Schedule.parse_every(text)


# ---------------------------------------------------------------- cron


def test_midnight_comes_every_day_of_the_week_in_which_the_clock_goes_forward() -> None:
    expected = [paris(2026, 3, day) for day in (28, 29, 30, 31)]
    assert due("0 0 * * *", paris(2026, 3, 27, 12), 4) == expected


def test_monday_midnight_skips_no_week_when_the_clock_goes_forward() -> None:
    expected = [paris(2026, 3, 23), paris(2026, 3, 30), paris(2026, 4, 6)]
    assert due("0 0 * * mon", paris(2026, 3, 22, 12), 3) == expected


def test_a_time_that_is_jumped_over_runs_at_the_first_instant_after_the_gap() -> None:
    expected = [paris(2026, 3, 28, 2, 30), datetime(2026, 3, 29, 1, 0, tzinfo=UTC), paris(2026, 3, 30, 2, 30)]
    assert due("30 2 * * *", paris(2026, 3, 27, 12), 3) == expected


def test_several_times_in_the_gap_run_once_together() -> None:
    sunday = [paris(2026, 3, 29, 3), paris(2026, 3, 29, 3, 20)]
    assert due("0,20 2,3 * * *", paris(2026, 3, 28, 12), 3) == [*sunday, paris(2026, 3, 30, 2)]


def test_a_time_that_comes_twice_runs_once() -> None:
    expected = [
        paris(2026, 10, 24, 2, 30),
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        paris(2026, 10, 26, 2, 30),
    ]
    assert due("30 2 * * *", paris(2026, 10, 23, 12), 3) == expected


def test_a_process_that_starts_in_the_second_pass_does_not_run_it_again() -> None:
    in_second_pass = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert due("30 2 * * *", in_second_pass, 1) == [paris(2026, 10, 26, 2, 30)]


def test_a_line_for_every_hour_does_not_pause_in_the_repeated_hour() -> None:
    start = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    assert due("*/15 * * * *", start, 12) == [start + 15 * MINUTE * n for n in range(1, 13)]


def test_a_line_for_every_hour_skips_the_hour_that_is_jumped_over() -> None:
    assert due("30 * * * *", paris(2026, 3, 29, 0, 45), 2) == [
        paris(2026, 3, 29, 1, 30),
        paris(2026, 3, 29, 3, 30),
    ]


def test_a_clock_that_goes_back_over_midnight_never_leads_back() -> None:
    saint_john = ZoneInfo("America/St_Johns")  # where 00:01 of the 7th became 23:01 of the 6th
    second_pass = datetime(2010, 11, 7, 3, 0, tzinfo=UTC)
    assert due("* * 7 nov *", second_pass, 1, saint_john) == [datetime(2010, 11, 7, 3, 30, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0 6 * * mon-sat", [(2026, 11, 23, 6), (2026, 11, 24, 6), (2026, 11, 25, 6)]),
        ("0 6 * * sat-mon", [(2026, 11, 23, 6), (2026, 11, 28, 6), (2026, 11, 29, 6)]),
        ("0 6 * * MON,thu", [(2026, 11, 23, 6), (2026, 11, 26, 6), (2026, 11, 30, 6)]),
        ("5-59/20 6 * * *", [(2026, 11, 23, 6, 5), (2026, 11, 23, 6, 25), (2026, 11, 23, 6, 45)]),
        ("0 8/6 * * *", [(2026, 11, 23, 8), (2026, 11, 23, 14), (2026, 11, 23, 20)]),
        ("0 0 1 * *", [(2026, 12, 1), (2027, 1, 1), (2027, 2, 1)]),
        ("0 0 31 * *", [(2026, 12, 31), (2027, 1, 31), (2027, 3, 31)]),
        ("0 0 1 jan,JUL *", [(2027, 1, 1), (2027, 7, 1), (2028, 1, 1)]),
        ("0 0 1 11-12 *", [(2026, 12, 1), (2027, 11, 1), (2027, 12, 1)]),
        ("0 0 29 feb *", [(2028, 2, 29), (2032, 2, 29), (2036, 2, 29)]),
        ("0 0 1 * fri", [(2026, 11, 27), (2026, 12, 1), (2026, 12, 4)]),  # either day is enough
        ("0 0 31 feb fri", [(2027, 2, 5), (2027, 2, 12), (2027, 2, 19)]),
        ("@daily", [(2026, 11, 24), (2026, 11, 25), (2026, 11, 26)]),
        ("@hourly", [(2026, 11, 23, 6), (2026, 11, 23, 7), (2026, 11, 23, 8)]),
        ("@weekly", [(2026, 11, 29), (2026, 12, 6), (2026, 12, 13)]),
        ("@monthly", [(2026, 12, 1), (2027, 1, 1), (2027, 2, 1)]),
        ("@yearly", [(2027, 1, 1), (2028, 1, 1), (2029, 1, 1)]),
    ],
)
def test_a_cron_line_means_what_its_words_say(line: str, expected: list[tuple[int, ...]]) -> None:
    assert due(line, paris(2026, 11, 23, 5, 59, 30), 3) == [paris(*when) for when in expected]


@pytest.mark.parametrize(
    ("line", "better"),
    [
        ("0 9 * * 1", "0 9 * * mon"),
        ("0 9 * * 1-5", "0 9 * * mon-fri"),
        ("0 9 * * 0,7", "0 9 * * sun,sun"),
        ("0 9 * * */2", "mon tue wed thu fri sat sun"),
        ("0 9 * * 10", "mon tue wed thu fri sat sun"),
    ],
)
def test_a_number_for_a_day_of_the_week_is_refused_with_the_name_to_write(line: str, better: str) -> None:
    with pytest.raises(ValueError, match="by name, not by number") as refusal:
        Schedule.parse_cron(line)
    assert better in str(refusal.value)


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("", "five fields"),
        ("* * * *", "five fields"),
        ("0 0 6 * * mon", "five fields"),
        ("@reboot", "five fields"),
        ("60 * * * *", "`60` does not fit the minute: 0 to 59"),
        ("0 24 * * *", "`24` does not fit the hour"),
        ("0 0 0 * *", "`0` does not fit the day of the month"),
        ("0 0 32 * *", "`32` does not fit the day of the month"),
        ("0 0 1 13 *", "does not fit the month: 1 to 12 or jan to dec"),
        ("0 0 1 janvier *", "`janvier` does not fit the month"),
        ("0 mon * * *", "`mon` does not fit the hour"),
        ("0 0 * * lundi", "`lundi` is not a day of the week"),
        ("0 0 * * mon-", "`mon-` is not a day of the week"),
        ("0 0 * * mon-fri-sun", "is not a day of the week"),
        ("0 0 * * *,mon", "`*` is not a day of the week"),
        ("0 22-2 * * *", "runs backwards"),
        ("*/0 * * * *", "a step of 0"),
        ("*/61 * * * *", "a step of 61"),
        ("1,,2 * * * *", "`` does not fit the minute"),
        ("-1 * * * *", "`-1` does not fit the minute"),
        ("٣ * * * *", "does not fit the minute"),
        ("0 0 L * *", "`l` does not fit the day of the month"),
        ("0 0 31 feb *", "never comes"),
        ("0 0 30,31 2 *", "never comes"),
        ("0 0 31 apr,jun,sep,nov *", "never comes"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused_with_its_place(line: str, place: str) -> None:
    with pytest.raises(ValueError, match="`") as refusal:
        Schedule.parse_cron(line)
    assert place in str(refusal.value)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0 0 29 feb *", (2104, 2, 29)),  # 2100 has no 29 February
        ("* * 29 feb *", (2104, 2, 29)),
        ("59 23 */31 feb *", (2097, 2, 1, 23, 59)),
        ("59 23 31 dec *", (2096, 12, 31, 23, 59)),
    ],
)
def test_a_rare_time_is_found_however_far_it_is(line: str, expected: tuple[int, ...]) -> None:
    assert due(line, paris(2096, 3, 1), 1) == [paris(*expected)]


CHANGES = {
    "Europe/Paris": [(2026, 3, 29), (2026, 10, 25)],
    "America/New_York": [(2026, 3, 8), (2026, 11, 1)],
    "America/Santiago": [(2026, 4, 5), (2026, 9, 6)],  # at midnight
    "Asia/Beirut": [(2026, 3, 29), (2026, 10, 25)],  # at midnight
    "America/Havana": [(2026, 3, 8), (2026, 11, 1)],
    "Australia/Lord_Howe": [(2026, 4, 5), (2026, 10, 4)],  # by half an hour
    "Pacific/Apia": [(2011, 12, 30)],  # a day that never was
    "Asia/Kathmandu": [(2026, 1, 1)],
}


@st.composite
def lines(draw: st.DrawFn) -> tuple[str, list[set[int]]]:
    """A cron line and what it means, field by field."""
    minutes = draw(st.sets(st.integers(0, 59), min_size=1, max_size=3))
    hours = draw(st.just(set(range(24))) | st.sets(st.integers(0, 5) | st.just(23), min_size=1, max_size=3))
    days = draw(st.just(set(range(1, 32))) | st.sets(st.integers(1, 28), min_size=1, max_size=9))
    names = draw(st.just(set(range(7))) | st.sets(st.integers(0, 6), min_size=1, max_size=3))
    text = [
        ",".join(map(str, sorted(minutes))),
        "*" if len(hours) == 24 else ",".join(map(str, hours)),
        "*" if len(days) == 31 else ",".join(map(str, days)),
        "*",
        "*" if len(names) == 7 else ",".join(DAY_NAMES[day] for day in names),
    ]
    return " ".join(text), [minutes, hours, days, names]


def is_named(wall: datetime, meaning: list[set[int]]) -> bool:
    minutes, hours, days, names = meaning
    by_date, by_name = wall.day in days, wall.weekday() in names
    either = len(days) < 31 and len(names) < 7
    day = (by_date or by_name) if either else (by_date and by_name)
    return wall.minute in minutes and wall.hour in hours and day


def minute_by_minute(
    meaning: list[set[int]], last: datetime, zone: ZoneInfo, end: datetime
) -> list[datetime]:
    """The oracle: a person looks at the clock on the wall every minute, and remembers what was reached."""
    moment, found = last.replace(second=0, microsecond=0) - timedelta(days=2), []
    reached = moment.astimezone(zone).replace(tzinfo=None)
    while (moment := moment + MINUTE) <= end:
        wall = moment.astimezone(zone).replace(tzinfo=None)
        passed = (
            [wall]
            if len(meaning[1]) == 24
            else [wall - MINUTE * n for n in range((wall - reached) // MINUTE)]
        )
        if moment > last and any(is_named(minute, meaning) for minute in passed):
            found.append(moment)
        reached = max(reached, wall)
    return found


@settings(max_examples=30)
@given(lines(), st.sampled_from(sorted(CHANGES)), st.data())
def test_cron_agrees_with_a_person_who_watches_the_clock(
    line: tuple[str, list[set[int]]], name: str, data: st.DataObject
) -> None:
    text, meaning = line
    zone, change = ZoneInfo(name), data.draw(st.sampled_from(CHANGES[name]))
    offset = data.draw(st.integers(-40 * 3600, 30 * 3600))
    last = datetime(*change, tzinfo=UTC) + timedelta(seconds=offset)
    end = last + timedelta(days=1, hours=12)
    expected = minute_by_minute(meaning, last, zone, end)[:20]
    found = [moment for moment in due(text, last, len(expected) + 1, zone) if moment <= end][:20]
    assert found == expected
