"""How the pages of single exams look: on a screen, on a phone, on paper, and in grey."""

DRAWINGS = """
svg { display: block; width: 100%; height: auto; background: #fff; }
svg text { font: 11px system-ui, "Segoe UI", Roboto, Arial, sans-serif; fill: #1a1a1a; }
.slice .side { fill: #fff; paint-order: stroke; stroke: #000; stroke-width: 2px; }
svg path { fill: none; stroke-linejoin: round; }
svg .bar { stroke: #fff; stroke-width: 2; }
svg .normal { stroke: #f0c050; stroke-width: .5; opacity: .8; }
svg .pial { stroke: #f0c050; stroke-width: 1.2; }
svg .halo { stroke: #000; stroke-width: 2.2; opacity: .75; }
svg .layer { stroke: #7fd4ff; stroke-width: 1.1; }
.plot .error { fill: #d8d8d8; }
.plot .axis { stroke: #777; stroke-width: .8; }
.plot .profile { stroke: #1a1a1a; stroke-width: 1.6; }
.plot .fit { stroke: #c04000; stroke-width: 2.2; stroke-dasharray: 6 2; }
.plot .measure { stroke: #1a1a1a; stroke-width: 1; stroke-dasharray: 2 2; }
"""
CSS = (
    """
:root { color-scheme: light; }
body { font: 15px/1.4 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; color: #1a1a1a;
  background: #fff; max-width: 64rem; margin: 0 auto; padding: 1rem; overflow-wrap: break-word; }
h1 { font-size: 1.4rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 1rem 0 .3rem; }
p, ul { margin: .3rem 0; }
.who { font-weight: 600; }
.notice { border: 1px solid #8a4b00; border-left-width: 6px; padding: .3rem .6rem; }
.answer { font-size: 1.15rem; font-weight: 600; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid #ccc; }
thead th { border-bottom: 2px solid #555; }
.numbers td:nth-child(2) { font-weight: 600; }
.regions { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 0 1.5rem; }
article { break-inside: avoid; border-top: 2px solid #555; margin-top: 1rem; }
.pictures { display: grid; grid-template-columns: 2fr 3fr; gap: .5rem; align-items: start; }
.flags { font-size: .85rem; padding-left: 1.2rem; }
footer { font-size: .8rem; border-top: 1px solid #ccc; margin-top: 1rem; }
@media (max-width: 30rem) {
  .pictures { grid-template-columns: 1fr; } body { padding: .6rem; }
  .numbers tr { display: grid; grid-template-columns: 1.3fr 1fr 1fr 1fr; border-bottom: 1px solid #ccc; }
  .numbers th, .numbers td { border: 0; padding: .15rem .3rem .15rem 0; min-width: 0; }
  .numbers th:last-child, .numbers td:last-child { grid-column: 1 / -1; }
}
@media print {
  @page { size: A4; margin: 10mm; }
  body { font-size: 8.5pt; max-width: none; padding: 0; }
  h1 { font-size: 13pt; } h2 { font-size: 10pt; margin: .35rem 0 .1rem; } article { margin-top: .4rem; }
  .regions { grid-template-columns: 1fr 1fr; gap: 0 5mm; }
  .pictures { grid-template-columns: 29mm 1fr; } footer { font-size: 7pt; margin-top: .4rem; }
  .answer { font-size: 8.5pt; } .flags { font-size: 7pt; } table { font-size: 8pt; } th, td { padding: .08rem .3rem; }
  section, tr { break-inside: avoid; } .regions { break-inside: auto; }
}
"""
    + DRAWINGS
)
