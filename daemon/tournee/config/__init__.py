"""What the operator wrote. Door: `load` gives a `Config`, or every problem at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from tournee.config.agreement import warn
from tournee.config.document import Tree, merge, parse
from tournee.config.files import configuration_files, read_text
from tournee.config.mistakes import Mistakes, Place
from tournee.config.schema import Reading, Spot
from tournee.config.shipped import shipped_languages
from tournee.config.top import SETTINGS, SHARED, json_schema, links_in, names_of, spoken_in, timezone_in
from tournee.core.facts import Problem
from tournee.core.languages import Language
from tournee.core.settings import Settings

__all__ = ["Config", "json_schema", "load"]

DEFAULT_PATH = "config/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A configuration without a mistake; `warnings` is what is probably not meant, `files` what was read."""

    settings: Settings
    languages: Mapping[str, Language]
    warnings: tuple[Problem, ...]
    files: tuple[str, ...]


def load(path: str | None, environ: Mapping[str, str]) -> Config:
    """The configuration at `path`, a file or a directory (None: `config/`).

    `environ` gives the values of `${NAME}`, and $STATE_DIRECTORY. Raises ConfigurationError, which has every
    mistake.
    """
    mistakes = Mistakes()
    where = path or DEFAULT_PATH
    files = mistakes.attempt(Place(where), partial(configuration_files, where)) or []
    trees = [mistakes.attempt(Place(file), partial(_tree, file, mistakes)) for file in files]
    if None in trees or not trees:
        mistakes.raise_any()  # what stands in the unreadable file would be missing everywhere
    tree = merge([tree for tree in trees if tree is not None], SHARED, mistakes)
    reading = Reading(
        environ=environ,
        mistakes=mistakes,
        languages=dict(shipped_languages()),
        names=names_of(tree),
        spoken=spoken_in(tree),
        timezone=timezone_in(tree, environ),
        linked=links_in(tree),
    )
    settings = SETTINGS.read(Spot((), tree.place, tree), reading)
    mistakes.raise_any()
    warn(settings, tree, mistakes)
    return Config(
        settings=settings, languages=reading.languages, warnings=mistakes.warnings, files=tuple(files)
    )


def _tree(file: str, mistakes: Mistakes) -> Tree:
    return parse(read_text(file, file), file, mistakes)
