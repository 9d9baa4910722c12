"""Promise 3 for files as people send them: the product says of each file of the corpus what its page says."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.corpus import FOLDER, Case, cases, stored
from tournee.actions import App, intake, open_app
from tournee.actions.intake import Taken
from tournee.core.facts import Outcome, RejectReason

#: What a feed says in the corpus that is not of the feed in a configuration.
ELSEWHERE = ("code_page", "timezone", "required", "limits")

Desk = tuple[App, str]  # where a file is brought to: an installation, and a list there


def is_asked_for_by_a_feed_alone(case: Case) -> bool:
    """What is required is said by deployments, and limits so small are for the corpus only."""
    return not {"required", "limits"} & case.feed.keys()


TRIED = [case for case in cases() if is_asked_for_by_a_feed_alone(case)]


def of_the_installation(case: Case) -> str:
    """What tells one configuration from another, rather than one feed."""
    code_page = {"languages": {case.feed["language"]: {"code_page": case.feed.get("code_page")}}}
    return json.dumps(
        {"timezone": case.feed.get("timezone", "UTC"), **(code_page if "code_page" in case.feed else {})}
    )


def of_the_feed(case: Case) -> str:
    return json.dumps({key: value for key, value in case.feed.items() if key not in ELSEWHERE})


def configuration(own: Mapping[str, Any], feeds: Sequence[str]) -> str:
    added = {page.stem: yaml.safe_load(page.read_text("utf-8")) for page in FOLDER.glob("languages/*.yaml")}
    declared = yaml.safe_load((FOLDER / "fields.yaml").read_text("utf-8"))
    usual = {"repository": "depot", "every": "1 hour"}
    lists = {
        f"list{number}": {"name": "x", "feed": {**usual, "prefix": f"import_{number}", **json.loads(feed)}}
        for number, feed in enumerate(feeds)
    }
    repositories = {"depot": {"url": "file:///"}}
    languages = {**added, **own.get("languages", {})}
    whole = {**own, **declared, "languages": languages, "repositories": repositories, "lists": lists}
    return yaml.safe_dump(whole, sort_keys=False)  # of a choice, the words of the first language are stored


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Desk]]:
    """A list for each feed of the corpus, in as few installations as possible."""
    feeds: dict[str, list[str]] = defaultdict(list)
    for case in TRIED:
        if of_the_feed(case) not in feeds[of_the_installation(case)]:
            feeds[of_the_installation(case)].append(of_the_feed(case))
    found: dict[tuple[str, str], Desk] = {}
    with ExitStack() as stack:
        for own, some in feeds.items():
            path = tmp_path_factory.mktemp("house") / "tournee.yaml"
            path.write_text(configuration({"database": "sqlite:///t.db", **json.loads(own)}, some), "utf-8")
            app = stack.enter_context(open_app(str(path)))
            found |= {(own, feed): (app, f"list{number}") for number, feed in enumerate(some)}
        yield found


def told(taken: Taken, expected: Mapping[str, Any]) -> dict[str, Any]:
    record = taken.record
    found = {stored(row)["line"]: stored(row) for row in (taken.preview.rows if taken.preview else ())}
    return {
        "outcome": record.outcome,
        "reason": record.reason and record.reason.code,
        "errors": [[line, column, code] for line, column, code, _details in taken.errors],
        "warnings": sorted(warning.code for warning in record.warnings),
        "stored": {
            line: {key: found[line].get(key) for key in values}
            for line, values in expected.get("stored", {}).items()
            if line in found
        },
    }


def promised(case: Case, shown: Mapping[int, object]) -> dict[str, Any]:
    page = case.expected
    reason = page.get("refused")
    if reason is None and page.get("rejected", 0) * 2 > page["read"]:
        reason = RejectReason.TOO_MANY_ERRORS
    bad = page.get("rejected", 0)
    return {
        "outcome": Outcome.REJECTED if reason else Outcome.IMPORTED_WITH_ERRORS if bad else Outcome.IMPORTED,
        "reason": reason,
        "errors": page.get("errors", []),
        "warnings": sorted(warning[0] for warning in page.get("warnings", [])),
        "stored": {line: values for line, values in page.get("stored", {}).items() if line in shown},
    }


@pytest.mark.parametrize("case", TRIED, ids=str)
def test_the_product_says_of_a_file_what_its_page_says(
    case: Case, desks: dict[tuple[str, str], Desk]
) -> None:
    app, key = desks[of_the_installation(case), of_the_feed(case)]
    path: Path = case.path
    taken = intake.import_file(app, key, str(path), dry_run=True)
    found = told(taken, case.expected)
    assert found == promised(case, found["stored"])
    assert taken.record.counts.read == case.expected.get("read", 0)
