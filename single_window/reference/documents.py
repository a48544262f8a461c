"""The rules as Markdown, a file for each book of rules and language, the same for the same data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from single_window.reference.rules import GENERAL, Book, books
from single_window.reference.telling import Example, Language, Told, told, word

LANGUAGES: tuple[Language, ...] = ("zh", "en")


def write(folder: Path) -> list[Path]:
    """Write the documents into a folder, and name them."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in documents().items():
        path = folder / name
        path.write_text(content, encoding="utf-8")
        written.append(path)
    return written


def documents() -> dict[str, str]:
    """The text of every document, by the name of its file."""
    found = {"README.md": _joined(_contents())}
    for book in books():
        for lang in LANGUAGES:
            found[f"{book.name}.{lang}.md"] = _joined(_book(book, lang))
    return found


def label_of(book: Book, lang: Language) -> str:
    """What a book of rules is called."""
    return word("word.general", lang) if book.name == GENERAL else getattr(book, f"label_{lang}")


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"


def _contents() -> Iterator[str]:
    yield f"# {word('word.rules', 'zh')} · {word('word.rules', 'en')}"
    for lang in LANGUAGES:
        yield word("word.made", lang)
        yield "\n".join(f"- [{label_of(b, lang)}]({b.name}.{lang}.md)" for b in books())


def _book(book: Book, lang: Language) -> Iterator[str]:
    yield f"# {word('word.of', lang, book=label_of(book, lang))}"
    yield word("word.made", lang)
    rules = [told(rule, lang) for rule in book.rules]
    columns = ("number", "says", "outcome")
    yield _table(columns, [(f"[{r.id}](#{_place(r)})", r.text, r.outcome) for r in rules], lang)
    for rule in rules:
        yield from _rule(rule, lang)


def _place(rule: Told) -> str:
    """The anchor that Markdown gives to a heading."""
    return rule.id.lower()


def _rule(rule: Told, lang: Language) -> Iterator[str]:
    yield f"## {rule.id}"
    yield rule.text
    facts = [("outcome", rule.outcome), ("source", rule.source), ("certainty", rule.certainty)]
    yield "\n".join(f"- {word(f'word.{key}', lang)}: {said}" for key, said in facts if said)
    if rule.values:
        columns = ("parameter", "period", "value", "source", "certainty", "checked")
        yield _table(
            columns,
            [
                (v.label, v.period, f"{'; '.join(v.lines)} {v.unit}".strip(), v.source,
                 v.certainty, v.checked)
                for v in rule.values
            ],
            lang,
        )  # fmt: skip
    if rule.places:
        places = [(each.message, each.field, each.takes, each.when) for each in rule.places]
        yield _table(("message", "field", "takes", "when"), places, lang)
    if rule.formulas:
        yield _table(("formula", "source"), rule.formulas, lang)
    if rule.findings:
        said = [(each.code, each.text, each.remedy) for each in rule.findings]
        yield _table(("code", "text", "remedy"), said, lang)
    for example in rule.examples:
        yield from _example(example, lang)


def _example(example: Example, lang: Language) -> Iterator[str]:
    yield f"### {word('word.example', lang, case=example.case)}"
    if example.given:
        yield _table(("given", ""), example.given, lang)
    for table in example.tables:
        yield _raw(table.heads, table.rows)
    yield _table(("result", ""), example.result, lang)
    if example.how:
        yield example.how


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]], lang: Language) -> str:
    return _raw([word(f"word.{key}", lang) if key else "" for key in columns], rows)


def _raw(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
