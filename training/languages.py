"""The languages that the model is trained on: their files, their share of the training, and their comments.

`share` is the part of an epoch's bytes. It depends on how much people write in an editor, not on how much text there
is: TypeScript, JavaScript and Python have more than half. A language without text leaves its share to the others.
`measured` says whether held-out files are measured on their own; settings and prose count only in the mean.
"""
import dataclasses
import pathlib
import re


@dataclasses.dataclass(frozen=True)
class Language:
    share: float
    endings: tuple
    comment: str             # how a comment line begins, as a regular expression
    cap: int = 2_500_000     # the most bytes of one package, so that no single style dominates
    is_data: bool = False    # settings and tables of values, where digits and punctuation are normal
    measured: bool = True


SLASHES, HASH = r"//|/\*|\*(?=[\s/]|$)", r"#"      # a line that begins with * is inside a block comment

LANGUAGES = {
    "ts": Language(0.24, (".ts", ".tsx", ".mts", ".cts"), SLASHES),
    "py": Language(0.20, (".py", ".pyi"), HASH),
    "js": Language(0.11, (".js", ".mjs", ".cjs", ".jsx"), SLASHES),
    "java": Language(0.06, (".java",), SLASHES),
    "go": Language(0.06, (".go",), SLASHES),
    "rs": Language(0.06, (".rs",), SLASHES),
    "cpp": Language(0.05, (".cc", ".cpp", ".cxx", ".hpp", ".hh", ".hxx", ".ipp"), SLASHES),
    "c": Language(0.04, (".c", ".h"), SLASHES),
    "cs": Language(0.04, (".cs",), SLASHES),
    "php": Language(0.03, (".php",), SLASHES + "|" + HASH),
    "kt": Language(0.025, (".kt", ".kts"), SLASHES),
    "rb": Language(0.02, (".rb",), HASH),
    "sh": Language(0.015, (".sh", ".bash"), HASH, 600_000),
    "css": Language(0.015, (".css", ".scss"), SLASHES, 400_000),
    "md": Language(0.01, (".md",), r"<!--", 400_000, measured=False),
    "html": Language(0.01, (".html", ".htm"), r"<!--", 400_000),
    "sql": Language(0.005, (".sql",), r"--|" + SLASHES, 600_000),
    "yaml": Language(0.005, (".yaml", ".yml"), HASH, 200_000, is_data=True, measured=False),
    "json": Language(0.003, (".json",), r"//", 100_000, is_data=True, measured=False),
    "toml": Language(0.002, (".toml",), HASH, 100_000, is_data=True, measured=False),
}
OLD = ("ts", "js", "py")     # what the built-in models up to v4 were trained on
MEASURED = tuple(name for name, language in LANGUAGES.items() if language.measured)
SHARE = {name: language.share for name, language in LANGUAGES.items()}
BY_ENDING = {ending: name for name, language in LANGUAGES.items() for ending in language.endings}
# A header is C++ when it contains something that C does not have.
CPP_HEADER = re.compile(r"^\s*(namespace\b|template\s*<|class\s+\w+[^;]*[{:]|using\s+\w+\s*=|(public|private|protected):)|std::", re.M)


def of_path(path):
    """The language of a file by its ending, or None."""
    return BY_ENDING.get(pathlib.PurePosixPath(path).suffix.lower())


def of_file(path, text):
    """Like `of_path`, but the language of a header depends on its content."""
    name = of_path(path)
    return "cpp" if name == "c" and path.endswith(".h") and CPP_HEADER.search(text) else name
