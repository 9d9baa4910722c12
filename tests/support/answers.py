"""Facts as the actions answer them, for the tests of what is printed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tournee.core.facts import (
    Bounce,
    Contact,
    Counts,
    DecisionCounts,
    DecisionRecord,
    DeploymentTotals,
    Draft,
    FileOutcome,
    FileReport,
    Held,
    Import,
    ListStatus,
    NearMiss,
    OptOut,
    OptOutRecord,
    Outcome,
    PollReport,
    PollState,
    Preview,
    Reason,
    RemoteErrorKind,
    Request,
    SendStatus,
    Status,
    Story,
    Trouble,
    Verdict,
)

NOW = datetime(2026, 11, 23, 8, 30, 12, 345678, tzinfo=UTC)
UNDECODABLE_NAME = "import_avis_\udce9\x1b[2J\u202e.csv"

#: Any reason will do; this one has words that do not depend on details.
TROUBLE = Reason("stopped")

IMPORTED = Import(
    id=12,
    list="avis",
    repository="boutique",
    file="import_avis_20261123.csv",
    sha256="ab" * 32,
    size=12_345,
    modified_at=None,
    started_at=NOW,
    finished_at=NOW + timedelta(seconds=2),
    outcome=Outcome.IMPORTED_WITH_ERRORS,
    reason=None,
    counts=Counts(read=100, created=90, updated=5, unchanged=3, rejected=2),
    warnings=(Reason("unknown_column", {"column": "Magasin"}),),
    decisions=DecisionCounts(planned=90, waiting=90, blocked={"opt_out": 3, "at_most 1 per 90 days": 2}),
)
REJECTED = replace(
    IMPORTED,
    id=13,
    list="magasins",
    repository=None,
    file="Liste des magasins du centre-ville de novembre.csv",
    modified_at=NOW,
    outcome=Outcome.REJECTED,
    reason=Reason("missing_column", {"columns": ["Email"]}),
    counts=Counts(read=100, rejected=100),
    warnings=(),
    decisions=None,
)
#: Of two rows, the second clears the amount.
PREVIEW = Preview(
    columns=(
        ("Courriel", "email"),
        ("Prénom", "first_name"),
        ("Magasin", None),
        ("Montant", "amount"),
    ),
    rows=(
        (2, "jean@example.com", "jean@example.com", None, "Jean", None, None, None, None, "fr",
         '{"amount":"12.50"}'),
        (3, "zoe@example.com", "zoe@example.com", None, "Zoé", None, None, None, None, "fr",
         '{"amount":null}'),
    ),
)  # fmt: skip
TRIED = replace(IMPORTED, id=None, repository=None, file="par-la-poste.csv", decisions=None)
NEAR_MISSES = (
    NearMiss(name="Import_avis.csv", reason=Reason("case", {"prefix": "import_avis"})),
    NearMiss(name="import_avis_bis.csv", reason=Reason("other_prefix", {"prefix": "import_avis"})),
)
STATUS = Status(
    version="0.1.0",
    lists=(
        ListStatus(
            list="avis",
            name="Avis après achat",
            contacts=12_345,
            repository="boutique",
            prefix="import_avis",
            schedule="15 minutes",
            last_poll=PollState(
                list="avis",
                repository="boutique",
                first_at=NOW,
                at=NOW,
                ok=True,
                error=None,
                reason=None,
                good_at=NOW,
                near_misses=NEAR_MISSES,
            ),
            next_poll=NOW + timedelta(minutes=15),
            last_import=IMPORTED,
            near_misses=NEAR_MISSES,
        ),
        ListStatus(
            list="magasins",
            name="Magasins",
            contacts=0,
            repository="magasins",
            prefix="import_magasins",
            schedule="1 day",
            last_poll=PollState(
                list="magasins",
                repository="magasins",
                first_at=NOW,
                at=NOW,
                ok=False,
                error=RemoteErrorKind.UNREACHABLE,
                reason=TROUBLE,
                good_at=None,
            ),
            next_poll=NOW + timedelta(days=1),
            last_import=REJECTED,
        ),
        ListStatus(
            list="vip",
            name="VIP",
            contacts=3,
            repository=None,
            prefix=None,
            schedule=None,
            last_poll=None,
            next_poll=None,
            last_import=None,
        ),
    ),
    problems=(Trouble(kind="unreachable", subject="magasins", since=NOW, reason=TROUBLE),),
)
POLLED = PollReport(
    list="avis",
    repository="boutique",
    ok=True,
    files=(
        FileReport(name=IMPORTED.file, outcome=FileOutcome.IMPORTED_WITH_ERRORS, import_id=12),
        FileReport(name="import_avis_20261122.csv", outcome=FileOutcome.KNOWN, import_id=11),
        FileReport(name="import_avis_20261124.csv", outcome=FileOutcome.WAITING, reason=Reason("growing")),
        FileReport(
            name="Import_avis.csv",
            outcome=FileOutcome.SKIPPED,
            reason=Reason("case", {"prefix": "import_avis"}),
        ),
    ),
)
UNREACHABLE = PollReport(
    list="magasins",
    repository="magasins",
    ok=False,
    error=RemoteErrorKind.UNREACHABLE,
    reason=TROUBLE,
)
CONTACT = Contact(
    id=17,
    email="jean@example.com",
    phone=None,
    first_name="Jean",
    last_name="Dupont",
    gender="male",
    title=None,
    country="FR",
    language="fr",
    fields={"amount": "12.50"},
    lists=("avis", "vip"),
    opt_outs=(OptOut(channel="email", at=NOW, source="command", reason="asked"),),
    created_at=NOW,
    updated_at=NOW,
)
SENT = DecisionRecord(
    id=1,
    contact_id=17,
    deployment="satisfaction",
    channel="email",
    import_id=12,
    list="avis",
    file="import_avis_20261123.csv",
    decided_at=NOW,
    verdict=Verdict.PLANNED,
    rule=None,
    reason=None,
    status=SendStatus.SENT,
    sent_at=NOW + timedelta(minutes=1),
    attempts=1,
    answer="250 OK",
)
BLOCKED = replace(
    SENT,
    id=2,
    verdict=Verdict.BLOCKED,
    rule="opt_out",
    reason=Reason("opt_out"),
    status=None,
    sent_at=None,
    attempts=0,
    answer=None,
)
REMINDER = replace(
    SENT,
    id=3,
    decided_at=NOW + timedelta(minutes=1),
    status=SendStatus.WAITING,
    sent_at=None,
    attempts=0,
    answer=None,
    next_attempt_at=NOW + timedelta(days=7),
    reminds=1,
    reminder=1,
)
RETRIED = replace(
    SENT,
    id=4,
    deployment="accueil",
    rule="at_most 1 per month",
    reason=Reason("missing_address"),
    status=SendStatus.WAITING,
    sent_at=None,
    attempts=2,
    answer="450 later",
    next_attempt_at=NOW + timedelta(hours=1),
    expires_at=NOW + timedelta(days=14),
)
REFUSAL = OptOutRecord(
    channel="email",
    at=NOW + timedelta(days=1),
    source="unsubscribe",
    ended_at=NOW + timedelta(days=2),
    end_reason="asked again",
)
STORY = Story(
    contact=CONTACT,
    opt_outs=(REFUSAL,),
    decisions=(REMINDER, BLOCKED, RETRIED, replace(SENT, answered_at=NOW + timedelta(hours=3))),
    memberships={"avis": NOW},
    bounced=Bounce(at=NOW, answer="550 5.1.1 unknown"),
    pauses={"accueil": NOW + timedelta(minutes=5)},
)
TOTALS = DeploymentTotals(
    deployment="satisfaction",
    channel="email",
    planned=100_000,
    waiting=1,
    held=5_000,
    sent=93_000,
    failed=1,
    uncertain=2,
    blocked=12,
    cancelled=3,
    sending=4,
    paused_at=NOW,
)
HELD = Held(
    deployment="satisfaction",
    import_id=12,
    list="avis",
    file="import_avis_20261123.csv",
    status=SendStatus.HELD,
    number=5_000,
    since=NOW,
)
UNCERTAIN = replace(HELD, status=SendStatus.UNCERTAIN, number=2)
EMAIL = Draft(
    deployment="satisfaction",
    channel="email",
    contact_id=17,
    sender="Boutique <avis@boutique.example>",
    to="jean@example.com",
    subject="Votre avis",
    text="Bonjour Jean,\n\nvotre avis : https://survey.example/s/1",
    html="<p>Bonjour Jean</p>",
    headers={"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
)
TEXT = Draft(
    deployment="sms",
    channel="sms",
    contact_id=17,
    to="+33612345678",
    text="Votre avis ?",
    encoding="gsm",
    characters=170,
    parts=2,
    request=Request(
        method="POST", url="https://sms.example/send", headers={"authorization": "…"}, content=b'{"to": ""}'
    ),
)
ROW_ERRORS = [
    (7, "Email", "email_invalid", None),
    (9, None, "row_too_long", None),
    (12, "=cmd()|x", "number_invalid", None),
]
