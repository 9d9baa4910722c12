"""The file languages that come with Tournée: one small YAML file each, beside the code."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from tournee.core.languages import Language, language_from


@cache
def shipped_languages() -> Mapping[str, Language]:
    """Every language by its tag."""
    found = sorted(files("tournee").joinpath("languages").iterdir(), key=lambda file: file.name)
    texts = {
        file.name.removesuffix(".yaml"): file.read_text("utf-8")
        for file in found
        if file.name.endswith(".yaml")
    }
    return {tag: language_from(tag, yaml.load(text, yaml.CSafeLoader)) for tag, text in texts.items()}
