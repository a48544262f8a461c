"""The papers on a page with a form, and what they hold once something was sent to it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for

from schemas import registry
from single_window.domain.findings import Finding
from single_window.intake.drafts import Draft
from single_window.intake.forms import Values, shape_of, shapes
from single_window.intake.layouts import layout_of
from single_window.intake.sums import recomputed
from single_window.intake.together import Input, Together, followers, spread, twins
from single_window.storage.engine import now_ms
from single_window.web import typed


@dataclass(frozen=True, slots=True)
class Opened:
    """The papers on a page: one, or those of a trade; not kept yet while their id is 0.

    `checked` is set where the page tells what the checks say: "file" after a try to file. `whole`
    is set where it has every field, those too that are not asked for as things stand.
    """

    papers: list[Draft]
    together: Together | None = None
    checked: str = ""
    whole: bool = False

    @property
    def is_new(self) -> bool:
        """Whether nothing of it is kept yet."""
        return self.papers[0].id == 0

    def prefix(self, paper: Draft) -> str:
        """What stands before the names of a paper's inputs."""
        return f"{paper.message}:" if self.together is not None else ""

    def hidden(self) -> dict[Input, Input]:
        """The inputs that are not shown because they follow another, each with that one."""
        values = {paper.message: paper.values for paper in self.papers}
        return followers(self.together, values) if self.together is not None else {}

    def where(self) -> str:
        """The address of the page once its papers are kept."""
        paper = self.papers[0]
        if self.together is not None:
            return url_for("forms.edit_trade", trade=paper.trade)
        return url_for("forms.edit", draft_id=paper.id)


def unsaved(
    message: str, values: Values, seed: str, *, trade: str = "", mends: int | None = None
) -> Draft:
    """A paper that is not kept yet."""
    return Draft(0, message, "", values, 0, f"{seed}:{message}", trade, mends, None, now_ms())


def after_typing(opened: Opened, do: str) -> tuple[dict[str, Values], list[Finding], str]:
    """What the papers hold after what was sent, what in it is unknown, and where to go on."""
    before = {paper.message: paper.values for paper in opened.papers}
    put = _put(opened, do)
    strays = typed.unplaced(request.form, [opened.prefix(paper) for paper in opened.papers])
    sent: dict[str, Values] = {}
    for paper in opened.papers:
        prefix = opened.prefix(paper)
        read = typed.read(layout_of(paper.message, paper.values), request.form, prefix)
        strays += read.strays
        sent[paper.message] = {n: v for n, v in read.values.items() if not _theirs(prefix + n)}
        sent[paper.message] |= put.get(paper.message, {})
    after = {name: {**values, **sent[name]} for name, values in before.items()}
    after = _settled(opened, before, sent, after)
    focus = do.partition(":")[2].partition("=")[0] if put else ""
    own = _own_words(opened, after)
    earlier = after
    for message, action in _actions(opened, do):
        pasted = request.form.get("_paste." + do.partition(":")[2], "")
        hidden = _follower_paths(opened, message)
        form = layout_of(message, after[message])
        values, went = typed.changed(form, after[message], action, pasted, hidden)
        after = {**after, message: values}
        if went and not focus:
            focus = f"{message}:{went}" if opened.together is not None else went
    if do.startswith("paste:"):
        after = _settled(opened, earlier, own, after)
    else:
        after = {n: recomputed(layout_of(n, own), earlier[n], own) for n, own in after.items()}
    return after, strays, focus


def _put(opened: Opened, do: str) -> dict[str, Values]:
    """The value that a suggestion puts into a field, by its paper; empty for other actions."""
    verb, _, rest = do.partition(":")
    name, _, value = rest.partition("=")
    for paper in opened.papers if verb == "put" else ():
        own = name.removeprefix(opened.prefix(paper))
        if shape_of(own) in shapes(registry.message(paper.message)):
            return {paper.message: {own: value}}
    return {}


def _follower_paths(opened: Opened, message: str) -> set[str]:
    """The fields of a paper that follow another wherever they agree with it."""
    rows = opened.together.shared if opened.together is not None else ()
    return {place.path for _, *others in rows for place in others if place.message == message}


def _settled(
    opened: Opened,
    before: dict[str, Values],
    sent: dict[str, Values],
    after: dict[str, Values],
) -> dict[str, Values]:
    """The papers with what follows from what was typed: totals, and what they share."""
    if opened.together is not None:
        return spread(opened.together, before, sent, after)
    return {
        name: recomputed(layout_of(name, values), before[name], values)
        for name, values in after.items()
    }


def _own_words(opened: Opened, papers: dict[str, Values]) -> dict[str, Values]:
    """What each paper says of its own, without what follows another."""
    if opened.together is None:
        return papers
    follow = followers(opened.together, papers)
    return {
        message: {name: value for name, value in values.items() if (message, name) not in follow}
        for message, values in papers.items()
    }


def _theirs(name: str) -> bool:
    return request.form.get(f"_choose.{name}") == "theirs"


def _actions(opened: Opened, do: str) -> list[tuple[str, str]]:
    """The action on lines for each paper that it concerns."""
    verb, _, place = do.partition(":")
    if verb not in ("add", "copy", "delete", "paste"):
        return []
    if opened.together is None:
        return [(opened.papers[0].message, do)]
    message, _, rest = place.partition(":")
    group, dot, line = rest.partition(".")
    if message not in {paper.message for paper in opened.papers}:
        return []
    if verb == "paste":
        return [(message, f"paste:{rest}")]
    return [(m, f"{verb}:{g}{dot}{line}") for m, g in twins(opened.together, message, group)]
