"""What an alert says, in both languages: people in a hurry read it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tournee.core.facts import AlertEvent, AlertKind, Counts, Import, Outcome, Reason, RowError
from tournee.core.messages import LANGUAGES, AlertFile, AlertView, alert_text, sentence

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
ERRORS: tuple[RowError, ...] = ((3, "Email", "email_invalid", None), (5, None, "quote_unclosed", {}))
LOGIN = Reason("remote_authentication", {"kind": "authentication"})


def rejected(**changes: object) -> AlertFile:
    reason = Reason("wrong_language", {"looks_like": "en", "language": "fr"})
    return file(outcome=Outcome.REJECTED, reason=reason, counts=Counts(read=2, rejected=2), **changes)


def file(errors: tuple[RowError, ...] = (), moved_to: str | None = None, **changes: object) -> AlertFile:
    parts = {
        "id": 12, "list": "avis", "repository": "boutique", "file": "import_avis_20261123.csv", "sha256": "",
        "size": 1, "modified_at": NOW, "started_at": NOW, "finished_at": NOW, "reason": None,
        "outcome": Outcome.IMPORTED_WITH_ERRORS,
        "counts": Counts(read=1204, created=1200, updated=1, rejected=3),
    } | changes  # fmt: skip
    return AlertFile(record=Import(**parts), errors=errors, moved_to=moved_to)  # type: ignore[arg-type]


def view(kind: AlertKind, event: AlertEvent = AlertEvent.OPENED, **changes: object) -> AlertView:
    parts = {
        "kind": kind, "event": event, "reason": LOGIN, "opened_at": NOW - timedelta(hours=27, minutes=20),
        "now": NOW, "timezone": ZoneInfo("Europe/Paris"), "repository": "boutique", "list": None,
        "lists": {"avis": "Avis après achat"},
    } | changes  # fmt: skip
    return AlertView(**parts)  # type: ignore[arg-type]


def of_files(*files: AlertFile) -> AlertView:
    return view(AlertKind.IMPORT_REJECTED, list="avis", files=files)


PART = {"deployment": "satisfaction", "import": 12, "number": 12_000, "file": "import_avis_20261123.csv"}
HELD = Reason("held", {"number": 12_000, "deployments": ["satisfaction"], "parts": [PART], "more": 0})
OTHER = {"deployment": "sms", "import": 13, "number": 1, "file": "import_avis_20261124.csv"}
AWAY = Reason(
    "mail_unreachable", {"host": "mail", "port": 25, "error": "refused", "deployment": "satisfaction"}
)


def of_list(kind: AlertKind, event: AlertEvent = AlertEvent.OPENED, reason: Reason = HELD) -> AlertView:
    return view(kind, event, list="avis", repository=None, reason=reason)


TWO = {"avis": "Avis après achat", "magasins": "Magasins"}


@pytest.mark.parametrize(
    ("told", "english", "french"),
    [
        (
            of_files(rejected()),
            "Rejected: import_avis_20261123.csv (list Avis après achat)",
            "Rejeté\u00a0: import_avis_20261123.csv (liste Avis après achat)",
        ),
        (
            of_files(file()),
            "3 rows rejected in import_avis_20261123.csv (list Avis après achat)",
            "3 lignes refusées dans import_avis_20261123.csv (liste Avis après achat)",
        ),
        (
            of_files(rejected(), file()),
            "2 files with problems, 1 rejected (list Avis après achat)",
            "2 fichiers avec des problèmes, dont 1 rejeté (liste Avis après achat)",
        ),
        (
            view(AlertKind.UNREACHABLE, lists=TWO),
            "Repository boutique cannot be polled: login refused (2 lists)",
            "Dépôt boutique\u00a0: relève impossible, connexion refusée (2 listes)",
        ),
        (
            view(
                AlertKind.UNREACHABLE, list="avis", reason=Reason("remote_not_found", {"kind": "not_found"})
            ),
            "List Avis après achat cannot be polled: not found (repository boutique)",
            "Liste Avis après achat\u00a0: relève impossible, introuvable (dépôt boutique)",
        ),
        (
            view(AlertKind.UNREACHABLE, AlertEvent.REMINDER),
            "Since 22 November 2026, 06:10: repository boutique cannot be polled: login refused"
            " (list Avis après achat)",
            "Depuis le 22 novembre 2026 à 06:10\u00a0: dépôt boutique\u00a0: relève impossible,"
            " connexion refusée (liste Avis après achat)",
        ),
        (
            view(AlertKind.UNREACHABLE, AlertEvent.CLOSED),
            "Over: repository boutique is polled again, after 1 day 3 h (list Avis après achat)",
            "Terminé\u00a0: dépôt boutique, la relève fonctionne à nouveau après 1 jour 3\u00a0h"
            " (liste Avis après achat)",
        ),
        (
            view(AlertKind.UNTRUSTED),
            "Repository boutique is not trusted: polling has stopped (list Avis après achat)",
            "Dépôt boutique\u00a0: serveur non reconnu, relève arrêtée (liste Avis après achat)",
        ),
        (
            of_list(AlertKind.HELD),
            "12,000 invitations of satisfaction held (list Avis après achat)",
            "12\u202f000 invitations retenues\u00a0: satisfaction (liste Avis après achat)",
        ),
        (
            of_list(AlertKind.HELD, AlertEvent.REMINDER),
            "Since 22 November 2026, 06:10: 12,000 invitations of satisfaction held (list Avis après achat)",
            "Depuis le 22 novembre 2026 à 06:10\u00a0: 12\u202f000 invitations retenues\u00a0: satisfaction"
            " (liste Avis après achat)",
        ),
        (
            of_list(AlertKind.HELD, AlertEvent.CLOSED),
            "Over: nothing is held any more (list Avis après achat), after 1 day 3 h",
            "Terminé\u00a0: plus rien n’est retenu (liste Avis après achat), après 1 jour 3\u00a0h",
        ),
        (
            of_list(AlertKind.SEND_FAILURES, reason=AWAY),
            "Invitations do not leave (list Avis après achat)",
            "Les invitations ne partent pas (liste Avis après achat)",
        ),
        (
            of_list(AlertKind.SEND_FAILURES, AlertEvent.CLOSED, reason=AWAY),
            "Over: invitations leave again (list Avis après achat), after 1 day 3 h",
            "Terminé\u00a0: les invitations repartent (liste Avis après achat), après 1 jour 3\u00a0h",
        ),
    ],
)
def test_the_subject_carries_the_whole_story(told: AlertView, english: str, french: str) -> None:
    subjects = [alert_text(told, language)[0] for language in ("en", "fr")]
    assert subjects == [f"[Tournée] {english}", f"[Tournée] {french}"]


@pytest.mark.parametrize("event", AlertEvent)
@pytest.mark.parametrize("kind", AlertKind)
@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("en", ["What happened\n", "What was done\n", "What to do\n"]),
        ("fr", ["Ce qui s’est passé\n", "Ce qui a été fait\n", "Ce qu’il faut faire\n"]),
    ],
)
def test_every_alert_says_what_happened_what_was_done_and_what_to_do(
    kind: AlertKind, event: AlertEvent, language: str, parts: list[str]
) -> None:
    files = (rejected(),) if kind in (AlertKind.IMPORT_REJECTED, AlertKind.IMPORT_ERRORS) else ()
    text = alert_text(view(kind, event, files=files), language)[1]
    assert all(part in text for part in parts)
    assert "boutique" in text
    assert "Avis après achat" in text


def test_a_text_is_read_in_ten_seconds() -> None:
    assert alert_text(of_files(file(errors=ERRORS)), "en")[1] == (
        "3 rows of import_avis_20261123.csv rejected.\n"
        "\n"
        "  List        Avis après achat (avis)\n"
        "  Repository  boutique\n"
        "  File        import_avis_20261123.csv\n"
        "  When        23 November 2026, 09:30 (Europe/Paris)\n"
        "  Import      12\n"
        "\n"
        "What happened\n"
        "  3 of 1,204 rows could not be imported.\n"
        "\n"
        "What was done\n"
        "  The other 1,201 rows were imported: 1,200 new, 1 changed, 0 unchanged, 0 duplicate.\n"
        "\n"
        "What to do\n"
        "  Correct these rows where the file comes from, and drop it again under the same name or another:"
        " what is in the list already is not doubled. All of them: `tournee errors 12`\n"
        "\n"
        "The first 2 row errors:\n"
        f"  line 3, Email: {sentence(Reason('email_invalid'), 'en')}\n"
        f"  line 5: {sentence(Reason('quote_unclosed'), 'en')}\n"
    )


def test_what_is_held_says_what_to_type() -> None:
    assert alert_text(of_list(AlertKind.HELD), "en")[1] == (
        "12,000 invitations of satisfaction held (list Avis après achat).\n"
        "\n"
        "  List        Avis après achat\n"
        "  Deployment  satisfaction\n"
        "  Since       22 November 2026, 06:10 (Europe/Paris)\n"
        "\n"
        "What happened\n"
        "  Import 12 (import_avis_20261123.csv) would have sent satisfaction to 12,000 people, far more than"
        " usual (`hold_above`).\n"
        "\n"
        "What was done\n"
        "  The file was imported. None of these invitations leaves before a person says so; everything else"
        " goes on.\n"
        "\n"
        "What to do\n"
        "  If it is right, `tournee release satisfaction --import 12` lets them go; if not, `tournee cancel"
        " satisfaction --import 12` gives them up. `tournee deployments` shows everything that is held. You"
        " are reminded once a day while it lasts.\n"
    )


def test_everything_that_is_held_says_what_to_type() -> None:
    details = {"number": 12_001, "deployments": ["satisfaction", "sms"], "parts": [OTHER, PART], "more": 7}
    subject, text = alert_text(of_list(AlertKind.HELD, reason=Reason("held", details)), "en")
    assert subject == "[Tournée] 12,001 invitations of satisfaction, sms held (list Avis après achat)"
    assert "  Deployments  satisfaction, sms\n" in text
    assert text.endswith(
        "(`hold_above`). And 7 more: `tournee deployments`.\n"
        "\n"
        "What was done\n"
        "  The file was imported. None of these invitations leaves before a person says so; everything else"
        " goes on.\n"
        "\n"
        "What to do\n"
        "  If it is right:\n"
        "  `tournee release sms --import 13` lets them go; if not, `tournee cancel sms --import 13` gives"
        " them up.\n"
        "  `tournee release satisfaction --import 12` lets them go; if not, `tournee cancel satisfaction"
        " --import 12` gives them up.\n"
        "  `tournee deployments` shows everything that is held. You are reminded once a day while it lasts.\n"
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", ["held", "held_now"])
def test_what_is_held_is_told_whole_and_without_an_end(code: str, language: str) -> None:
    parts = [{**PART, "import": number} for number in range(20)]
    details = {"number": 5, "deployments": ["sms"], "parts": parts, "more": 80}
    words = sentence(Reason(code, details), language)
    assert (words.count("import_avis_20261123.csv"), "80" in words, "?" in words) == (20, True, False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_does_not_leave_says_why_and_how_to_stop_it(language: str) -> None:
    text = alert_text(of_list(AlertKind.SEND_FAILURES, reason=AWAY), language)[1]
    assert sentence(AWAY, language) in text
    assert "`tournee pause satisfaction`" in text


def test_at_most_twenty_row_errors_of_a_file_are_shown() -> None:
    text = alert_text(of_files(file(errors=ERRORS * 50)), "fr")[1]
    assert text.count("\n  ligne ") == 20


def test_many_files_share_one_message_of_bounded_length() -> None:
    names = [f"import_avis_{number:03}.csv" for number in range(400)]
    text = alert_text(of_files(*(file(file=name, errors=ERRORS * 10) for name in names)), "en")[1]
    assert all(name in text for name in names)
    assert text.count("\n  line ") == 400


def test_where_a_rejected_file_goes_is_said() -> None:
    assert "It is moved to `refused/`." in alert_text(of_files(rejected(moved_to="refused/")), "en")[1]
    assert "It stays where it is." in alert_text(of_files(rejected()), "en")[1]


def test_a_condition_says_since_when_in_the_zone_of_the_configuration() -> None:
    text = alert_text(view(AlertKind.UNREACHABLE, timezone=ZoneInfo("America/Montreal")), "fr")[1]
    assert "Depuis  22 novembre 2026 à 00:10 (America/Montreal)" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_from_outside_moves_no_cursor_and_adds_no_line(language: str) -> None:
    name = "import_avis\r\nBcc: x\x1b[2J\udcff.csv"
    subject, text = alert_text(of_files(rejected(file=name), rejected()), language)
    one = alert_text(of_files(rejected(file=name)), language)[0]
    assert "\\x0d\\x0aBcc: x\\x1b[2J\\xff.csv" in text
    assert all(char.isprintable() or char in "\n\u00a0\u202f" for char in subject + one + text)
    assert "\n" not in subject + one


def test_a_long_name_is_cut_in_the_subject_and_whole_in_the_text() -> None:
    name = "import_avis_" + "1" * 200 + ".csv"
    subject, text = alert_text(of_files(rejected(file=name)), "en")
    assert len(subject) < 150
    assert name in text
