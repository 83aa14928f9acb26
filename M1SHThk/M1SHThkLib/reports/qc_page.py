"""A batch -> one page to look through: a row a region, what is flagged first, a verdict by key."""

import json

from ..program import NOTICE
from .markup import Markup, element, void
from .region_drawing import profile_drawing, slice_drawing, straight_drawing
from .subject_page import flags_in_words
from .subject_style import DRAWINGS

THUMBNAIL_PIXEL_MM = 0.3
_KEYS = (("J, arrow down", "next"), ("K, arrow up", "previous"), ("A", "accept"), ("R", "redraw"), ("X", "exclude"))


def qc_row(key, values, m=None, image=None, why=""):
    """A region's row.

    Parameters
    ----------
    key : dict of str -> str
        subject, session, observer, hemisphere, region; '' for what is missing.
    values : (str, list of str, dict)
        Its numbers in words, its flags and their notes.
    m, image : Measurement and Image, optional
        What is drawn; without them `why` tells what prevents it.
    """
    numbers, flags, notes = values
    name = ", ".join(key[part] for part in ("subject", "session", "observer") if key[part])
    region = f"{key['hemisphere']} {key['region'].replace('_', ' ')}"
    drawings = (
        [slice_drawing(image, m, THUMBNAIL_PIXEL_MM), straight_drawing(m), profile_drawing(m)]
        if m is not None
        else element("p", f"Not drawn: {why}", class_="missing")
    )
    buttons = [element("button", word, type="button", data_verdict=word) for word in ("accept", "redraw", "exclude")]
    reason = void("input", type="text", placeholder="reason", aria_label=f"Reason, {name}, {region}")
    return element(
        "article",
        element("h2", f"{name}: {region}"),
        element("p", numbers),
        element("div", drawings, class_="pictures"),
        flags_in_words(flags, notes),
        element("p", *buttons, reason, class_="verdict"),
        tabindex="-1",
        data_key=json.dumps(list(key.values())),
    )


def qc_page(rows, name, columns, verdicts, missing):
    """The page as HTML.

    Parameters
    ----------
    rows : list of Markup
        From `qc_row`.
    name : str
        Of the batch: where a browser keeps its verdicts until they are saved.
    columns : sequence of str
        Of the table of verdicts.
    verdicts : list of list of str
        Those given before: its cells.
    missing : sequence of str
        In small letters: what a reason cannot be, since tables read it as none.
    """
    known = {"name": name, "columns": list(columns), "verdicts": verdicts, "missing": list(missing)}
    head = element(
        "head",
        void("meta", charset="utf-8"),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"Quality: {name}"),
        element("style", Markup(_CSS + DRAWINGS)),
    )
    keys = ", ".join(f"{key}: {what}" for key, what in _KEYS)
    body = element(
        "body",
        element(
            "header",
            element("h1", f"Quality: {name}"),
            element("p", f"{NOTICE} Keys: {keys}; Enter ends a reason. Save the table; cohort --exclude reads it."),
            element(
                "p",
                element("button", "Save verdicts.tsv", type="button", id="save"),
                " ",
                element("span", "", id="count", role="status"),
            ),
        ),
        element("main", *rows),
        element("script", Markup(json.dumps(known).replace("<", "\\u003c")), type="application/json", id="known"),
        element("script", Markup(_SCRIPT)),
    )
    return "<!DOCTYPE html>\n" + element("html", head, body, lang="en") + "\n"


_CSS = """
:root { color-scheme: light; }
body { font: 14px/1.35 system-ui, "Segoe UI", Roboto, Arial, sans-serif; color: #1a1a1a; background: #fff; margin: 0; }
header { position: sticky; top: 0; background: #fff; border-bottom: 2px solid #555; padding: .4rem 1rem; z-index: 1; }
h1 { font-size: 1.1rem; margin: 0; } h2 { font-size: 1rem; margin: 0; } p, ul { margin: .2rem 0; }
main { padding: 0 1rem; }
article { padding: .5rem; border-bottom: 1px solid #aaa; border-left: 6px solid transparent; scroll-margin: 8rem; }
article:focus { outline: none; border-left-color: #0072b2; background: #f2f7fb; }
.pictures { display: grid; grid-template-columns: 2fr 3fr 3fr; gap: .6rem; align-items: center; max-width: 58rem; }
.flags { font-size: .85rem; padding-left: 1.2rem; }
button { font: inherit; padding: .15rem .7rem; margin-right: .3rem; border: 1px solid #555; background: #eee; }
button[aria-pressed="true"] { background: #1a1a1a; color: #fff; }
input { font: inherit; width: 16rem; max-width: 90%; }
@media (max-width: 36rem) { .pictures { grid-template-columns: 1fr; } header { position: static; } }
@media print { header { position: static; } article { break-inside: avoid; }
  .verdict button[aria-pressed="false"] { display: none; } }
"""
_SCRIPT = """
"use strict";
const known = JSON.parse(document.getElementById("known").textContent);
const articles = [...document.querySelectorAll("article")];
const store = "M1SHThk verdicts " + known.name;
const saved = new Map(known.verdicts.map(row => [JSON.stringify(row.slice(0, 5)), row.slice(5)]));
const given = new Map(saved);
try {  // what was given here counts, unless the table was changed since
  for (const [key, own, before] of JSON.parse(localStorage.getItem(store) || "[]"))
    if (!saved.has(key) || String(saved.get(key)) === String(before)) given.set(key, own);
} catch (error) { /* a browser that keeps nothing: the table is the only copy */ }
const keyOf = article => JSON.stringify(JSON.parse(article.dataset.key));
const reasonOf = article => article.querySelector("input");
function show() {
  let done = 0;
  for (const article of articles) {
    const [verdict, reason] = given.get(keyOf(article)) || ["", ""];
    if (verdict) done += 1;
    for (const button of article.querySelectorAll("button"))
      button.setAttribute("aria-pressed", String(button.dataset.verdict === verdict));
    if (document.activeElement !== reasonOf(article)) reasonOf(article).value = reason;
  }
  const bare = articles.filter(article => {
    const own = given.get(keyOf(article));
    return own && own[0] === "exclude" && !own[1];
  });
  document.getElementById("count").textContent = done + " of " + articles.length + " regions have a verdict" +
    (bare.length ? "; " + bare.length + " excluded without a reason" : "");
  return bare;
}
function judge(article, verdict) {
  const reason = reasonOf(article).value.replace(/\\s+/g, " ").trim();
  given.set(keyOf(article), [verdict, known.missing.includes(reason.toLowerCase()) ? "" : reason]);
  keep();
  show();
}
function keep() {
  const rows = [...given].map(([key, own]) => [key, own, saved.get(key)]);
  try { localStorage.setItem(store, JSON.stringify(rows)); } catch (error) { /* as above */ }
}
function go(step) {
  const now = articles.indexOf(document.activeElement.closest("article"));
  const next = articles[Math.min(Math.max(now + step, 0), articles.length - 1)];
  if (next) next.focus();
}
document.addEventListener("click", event => {
  const verdict = event.target.dataset && event.target.dataset.verdict;
  if (verdict) judge(event.target.closest("article"), verdict);
});
document.addEventListener("input", event => {
  const article = event.target.closest("article");
  const own = given.get(keyOf(article));
  judge(article, own ? own[0] : "exclude");
});
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const article = event.target.closest("article");
  if (event.target.tagName === "INPUT") {
    if (event.key === "Enter") { article.focus(); go(1); event.preventDefault(); }
    return;
  }
  const verdict = { a: "accept", r: "redraw", x: "exclude" }[event.key.toLowerCase()];
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  if (step) go(step);
  else if (verdict && article) {
    judge(article, verdict);
    if (verdict === "exclude") reasonOf(article).focus(); else go(1);
  } else return;
  event.preventDefault();
});
function table() {
  const cell = text => text.startsWith('"') ? '"' + text.replaceAll('"', '""') + '"' : text || "n/a";
  const rows = [...given].map(([key, own]) => [...JSON.parse(key), ...own].map(cell).join("\\t"));
  return [known.columns.join("\\t"), ...rows].join("\\n") + "\\n";
}
document.getElementById("save").addEventListener("click", () => {
  const bare = show();
  if (bare.length) { bare[0].focus(); reasonOf(bare[0]).focus(); return; }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([table()], { type: "text/tab-separated-values" }));
  link.download = "verdicts.tsv";
  link.click();
  for (const [key, own] of given) saved.set(key, own);
  keep();
});
show();
if (articles.length) articles[0].focus();
"""
