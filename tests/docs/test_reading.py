"""The example of docs/reading.md does what the page says."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reading.md"


def block(kind):
    """The last block of code of that kind on the page."""
    return re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[-1]


def test_the_example_of_reading_a_file_prints_what_the_page_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("clients.csv").write_bytes(block("csv").replace("\n", "\r\n").encode("utf-8-sig"))
    exec(compile(block("python"), "docs/reading.md", "exec"), {})
    assert capsys.readouterr().out == block("text")
