"""What the commands send: invitations and alerts, and what they say when they cannot."""

import socket

from support.house import PARTLY


def nobody() -> int:
    """A port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_a_poll_sends_what_it_planned_and_alerts(house, sink):
    house.with_post(sink.port)
    house.put("import_avis.csv", PARTLY)
    done = house.here("poll")
    assert (done.code, len(sink.received)) == (0, 3)
    assert (
        done.out
        == """\
avis (depot)
  partly  import_avis.csv  import 1; 3 rows: 2 new, 1 rejected
import 1: 2 solicitations planned, 0 not yet sent
Invitations: 2 sent
Alerts: 1 sent
"""
    )


def test_no_send_leaves_solicitations_in_the_outbox_but_alerts_go(house, sink):
    house.with_post(sink.port)
    house.put("import_avis.csv", PARTLY)
    house.here("poll", "--no-send")
    assert [mail.to for mail in sink.received] == ["claire@example.com"]
    [totals] = house.here("deployments", "--json").json
    assert (totals["planned"], totals["waiting"], totals["sent"]) == (2, 2, 0)


def test_an_import_sends_too_and_a_dry_run_does_not(house, sink):
    house.with_post(sink.port)
    house.put("by-hand.csv")
    file = str(house.drop / "by-hand.csv")
    house.here("import", "avis", file, "--dry-run")
    assert sink.received == []
    house.here("import", "avis", file)
    assert len(sink.received) == 2


def test_a_mail_server_that_is_away_is_told_and_loses_nothing(house):
    house.with_post(nobody())
    house.put("import_avis.csv")
    done = house.here("poll", "--json")
    assert (done.code, done.json[0]["files"][0]["outcome"]) == (0, "imported")
    assert "127.0.0.1" in done.err
    [totals] = house.here("deployments", "--json").json
    assert (totals["waiting"], totals["sent"]) == (2, 0)


def test_a_message_that_is_given_up_is_1(house, sink):
    house.with_post(sink.port)
    sink.refuse["jean@example.com"] = "550 no such user"
    house.put("import_avis.csv")
    done = house.here("poll")
    assert (done.code, "Invitations: 1 sent, 1 failed" in done.out) == (1, True)


def test_why_tells_what_was_decided_and_what_became_of_it(house, sink):
    house.with_post(sink.port)
    house.put("import_avis.csv")
    house.here("poll")
    house.put("import_avis_2.csv")
    house.here("poll")
    blocked, sent = house.here("why", "jean@example.com", "--json").json
    assert (sent["decision"], sent["status"], sent["rule"]) == ("planned", "sent", None)
    assert (blocked["decision"], blocked["status"], blocked["rule"]) == (
        "blocked",
        None,
        "at_most 1 per 90 days",
    )
    story = house.here("why", "jean@example.com").out
    assert "satisfaction by email: not sent" in story
    assert "Said no: at_most 1 per 90 days (the contact already has 1 message of this survey" in " ".join(
        story.split()
    )
    assert "jean@example.com" not in story
