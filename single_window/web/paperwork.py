"""What happens on a page with a form: shown, kept, checked, filed; one paper or a whole trade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from flask import jsonify, redirect, render_template, request, url_for

from single_window import regimes
from single_window.declarations.words import rendered
from single_window.domain.findings import Finding, decision
from single_window.intake import drafts, filings
from single_window.intake.drafts import Change, Draft, Fresh, Overtaken
from single_window.intake.forms import Values, field_path, name_of
from single_window.intake.layouts import layout, layout_of
from single_window.intake.submissions import Wake
from single_window.intake.together import Input
from single_window.intake.trials import Trial, matched
from single_window.storage.store import Store
from single_window.web import acting, inputs, showing
from single_window.web.opened import Opened, after_typing
from single_window.web.session import member

Shown = dict[str, Any]

NARROW_MOST = 12
"""Inputs that a paper may have to stand beside others; one with more takes the whole width."""


@dataclass(slots=True)
class Said:
    """What the checks say of a page: by the name of the input, and all of it in order."""

    by_name: dict[str, list[Shown]] = field(default_factory=dict)
    all: list[tuple[str, Shown]] = field(default_factory=list)
    of_papers: dict[str, set[str]] = field(default_factory=dict)
    decision: str = "accept"
    trials: list[Trial] = field(default_factory=list)

    def tell(self, name: str, shown: Shown) -> None:
        """Notes a finding about an input, once: papers that share one share what is wrong in it."""
        words = shown["code"], shown["text_en"]
        if name and words in ((it["code"], it["text_en"]) for it in self.by_name.get(name, ())):
            return
        self.all.append((name, shown))
        if name:
            self.by_name.setdefault(name, []).append(shown)

    def worst(self, message: str) -> str:
        """The gravest severity of what is said of one paper of a trade, "" where nothing is."""
        told = self.of_papers.get(message, set())
        return next((word for word in ("reject", "hold", "warn") if word in told), "")


class Desk:
    """Shows forms and takes them."""

    def __init__(self, store: Store, wake: Wake) -> None:
        self.store = store
        self._wake = wake

    def after(self, submission_id: int, again: str | None = None) -> str:
        """Where a filer sees what became of a filing, and that it was sent `again`."""
        return url_for("desk.show_submission", submission_id=submission_id, again=again)

    # --- showing -------------------------------------------------------------------------------

    def show(self, opened: Opened) -> Any:
        """The page with its form; a paper that was filed leads to what became of it."""
        filed = opened.papers[0].submission_id
        if filed is not None:
            return redirect(self.after(filed))
        stopped = opened.checked == "file"
        said = self.said(opened, _barred(opened) if stopped else ()) if opened.checked else Said()
        return self._page(opened, said, stopped=stopped)

    def _page(self, opened: Opened, said: Said, **more: Any) -> str:
        sheets, every = self._sheets(opened, said)
        boxes = inputs.named(every)
        shelves = _shelves(opened, boxes)
        shelved = {box.name for row in shelves for box in row["boxes"]}
        for sheet in sheets:
            sheet["own"] = [block.beside(shelved) for block in sheet["blocks"]]
            open_boxes = (len(each.boxes) for each in sheet["own"] if not each.section.quiet)
            sheet["long"] = sum(open_boxes) > NARROW_MOST
        return render_template(
            "forms/trade.html" if opened.together is not None else "forms/form.html",
            opened=opened,
            sheets=sheets,
            shelves=shelves,
            said=said,
            anchors=inputs.anchors(every),
            lists=inputs.short_lists(every),
            may_file=not _barred(opened),
            acts_for=acting.client(self.store),
            **more,
        )

    def _top(self, opened: Opened, said: Said) -> str:
        """What stands above the form, renewed: all that is said, each with a way to its field."""
        _, every = self._sheets(opened, said)
        return render_template(
            "forms/_top.html",
            said=said,
            anchors=inputs.anchors(every),
            may_file=not _barred(opened),
            renewed=True,
        )

    def _sheets(self, opened: Opened, said: Said) -> tuple[list[Shown], list[inputs.Block]]:
        """The papers as shown, and all their sections."""
        hidden = opened.hidden()
        sheets = [self._sheet(opened, paper, said, hidden) for paper in opened.papers]
        return sheets, [block for sheet in sheets for block in sheet["blocks"]]

    def _sheet(
        self, opened: Opened, paper: Draft, said: Said, hidden: Mapping[Input, Input]
    ) -> Shown:
        """One paper as shown: its inputs, and what it takes from other papers."""
        form, prefix = layout_of(paper.message, paper.values), opened.prefix(paper)
        follow = [name for message, name in sorted(hidden) if message == paper.message]
        shown = inputs.blocks(
            form,
            paper.values,
            said.by_name,
            prefix=prefix,
            without={prefix + n for n in follow},
            whole=opened.whole,
        )
        taken = [(form.entry(field_path(n)), paper.values.get(n, "")) for n in follow]
        return {
            "paper": paper,
            "layout": form,
            "blocks": shown,
            "prefix": prefix,
            "taken": taken,
            "worst": said.worst(paper.message),
        }

    def said(self, opened: Opened, strays: Sequence[Finding] = ()) -> Said:
        """What would be said of the papers if they were filed now."""
        sender = filings.sender_of(self.store, member().organisation_id, acting.client(self.store))
        trials = [filings.trial_of(self.store, paper, sender) for paper in opened.papers]
        marks = matched(trials) if opened.together is not None else {}
        said = Said(trials=trials)
        told: list[Finding] = [*strays]
        for shown in rendered(strays, opened.papers[0].message):
            said.tell("", shown)
        hidden = opened.hidden()
        for paper, trial in zip(opened.papers, trials, strict=True):
            found = trial.findings + marks.get(paper.message, [])
            told += found
            said.of_papers[paper.message] = {finding.severity for finding in found}
            for finding, shown in zip(found, rendered(found, paper.message), strict=True):
                said.tell(_place(opened, paper, finding, hidden), shown)
        said.decision = decision(told)
        return said

    # --- taking --------------------------------------------------------------------------------

    def take(self, opened: Opened) -> Any:
        """Keeps what was sent, and does what was asked for. Raises Filed for a closed draft."""
        sent = request.form
        do = sent.get("_do", "save")
        values, strays, focus = after_typing(opened, do)
        if do in ("file", "file_anyway"):
            strays += acting.changed(self.store, request.form.get("_for"))
        try:
            kept = self._kept(opened, values)
        except Overtaken as overtaken:
            return self._conflict(replace(opened, papers=overtaken.drafts), values)
        now = replace(opened, papers=kept)
        if request.accept_mimetypes.best == "application/json":
            return self._told(now, strays)
        if do in ("check", "file", "file_anyway") or strays:
            return self._judged(now, do, strays)
        if do.startswith("find:"):
            return redirect(_find(now, do.partition(":")[2]), HTTPStatus.SEE_OTHER)
        if do == "whole":
            return redirect(f"{now.where()}?whole=1", HTTPStatus.SEE_OTHER)
        anchor = f"#{inputs.id_of(focus)}" if focus else ""
        return redirect(now.where() + anchor, HTTPStatus.SEE_OTHER)

    def _kept(self, opened: Opened, values: dict[str, Values]) -> list[Draft]:
        """The papers, kept with these values; begun first where they are new."""
        papers, versions = opened.papers, dict.fromkeys((p.message for p in opened.papers), 1)
        if opened.is_new:
            fresh = [Fresh(p.message, values[p.message], p.token, p.trade, p.mends) for p in papers]
            papers = drafts.begin(
                self.store,
                fresh,
                organisation_id=member().organisation_id,
                person_id=member().person_id or 0,
            )
        else:
            versions = {
                p.message: request.form.get(f"_version.{p.message}", 0, type=int) for p in papers
            }
        changes = [Change(p.id, versions[p.message], values[p.message]) for p in papers]
        return drafts.save(self.store, member().organisation_id, changes)

    def _conflict(self, opened: Opened, mine: dict[str, Values]) -> Any:
        """The page with both versions of what differs side by side; nothing was changed."""
        if request.accept_mimetypes.best == "application/json":
            return jsonify({"overtaken": True})
        differs = []
        for paper in opened.papers:
            form = layout_of(paper.message, paper.values)
            own = mine[paper.message]
            for name in {**paper.values, **own}:
                theirs, ours = paper.values.get(name, ""), own.get(name, "")
                if theirs != ours:
                    entry = form.entry(field_path(name))
                    differs.append((opened.prefix(paper) + name, entry, ours, theirs))
        shown = [replace(paper, values=mine[paper.message]) for paper in opened.papers]
        page = self._page(replace(opened, papers=shown), Said(), differs=differs)
        return page, HTTPStatus.CONFLICT

    def _judged(self, opened: Opened, do: str, strays: Sequence[Finding]) -> Any:
        if do == "check" and not strays:
            return redirect(f"{opened.where()}?checked=1", HTTPStatus.SEE_OTHER)
        said = self.said(opened, strays)
        stops = said.decision == "reject" or (said.decision == "hold" and do != "file_anyway")
        if strays:
            return self._page(opened, said, stopped=True), HTTPStatus.UNPROCESSABLE_ENTITY
        if stops or _barred(opened):
            return redirect(f"{opened.where()}?checked=file", HTTPStatus.SEE_OTHER)
        number = filings.file(
            self.store,
            self._wake,
            [*zip(opened.papers, said.trials, strict=True)],
            organisation_id=member().organisation_id,
            person=member().name,
        )
        return redirect(self.after(number), HTTPStatus.SEE_OTHER)

    def _ready(self, opened: Opened) -> dict[str, str]:
        """What is suggested as things stand, by the id of its place on the page."""
        boxes = inputs.named(self._sheets(opened, Said())[1]).values()
        return {box.id: render_template("forms/_ready.html", box=box) for box in boxes if box.ready}

    def _told(self, opened: Opened, strays: Sequence[Finding]) -> Any:
        """The answer to the page's script: versions, what was worked out, what is said."""
        said = self.said(opened, strays)
        worked_out = {}
        for paper in opened.papers:
            prefix = opened.prefix(paper)
            for name, value in paper.values.items():
                if request.form.get(prefix + name, value).replace("\r\n", "\n") != value:
                    worked_out[prefix + name] = value
        return jsonify(
            {
                "where": opened.where(),
                "versions": {f"_version.{p.message}": p.version for p in opened.papers},
                "values": worked_out,
                "said": {
                    inputs.id_of(name): render_template("forms/_said.html", findings=found)
                    for name, found in said.by_name.items()
                },
                "ready": self._ready(opened),
                "top": self._top(opened, said) if "_top" in request.form else "",
                "saved": showing.beijing(opened.papers[0].updated_at),
            }
        )


def _place(opened: Opened, paper: Draft, finding: Finding, hidden: Mapping[Input, Input]) -> str:
    """The input beside which a finding is shown: the one that is typed, where others follow it."""
    if not finding.path:
        return ""
    own = name_of(finding.path)
    if (paper.message, own) in hidden:
        return ":".join(hidden[paper.message, own])
    return opened.prefix(paper) + own


def _shelves(opened: Opened, boxes: dict[str, inputs.Box]) -> list[dict[str, Any]]:
    if opened.together is None:
        return []
    return [
        {
            "shelf": shelf,
            "boxes": [
                boxes[f"{place.message}:{place.name()}"]
                for place in shelf.places
                if f"{place.message}:{place.name()}" in boxes
            ],
        }
        for shelf in opened.together.shelves
    ]


def _barred(opened: Opened) -> list[Finding]:
    """What is said of papers that can be checked here and not filed."""
    names = dict.fromkeys(paper.message for paper in opened.papers)
    return [
        Finding("envelope", "ENV-NOT-FILED", "reject", value=name)
        for name in names
        if not any(regime.files(name) for regime in regimes.owners(name))
    ]


def _find(opened: Opened, name: str) -> str:
    """The page on which the codes of a field are looked up."""
    for paper in opened.papers:
        prefix = opened.prefix(paper)
        own = name[len(prefix) :]
        if name.startswith(prefix) and field_path(own) in layout(paper.message).entries:
            table = layout(paper.message).entry(field_path(own)).field.code_list
            if table:
                return url_for("forms.find_codes", table=table, draft=paper.id, field=own)
    return opened.where()
