"""How a cohort's page looks on screen and on paper; on paper it leaves out what the tables beside it hold in full."""

CSS = """
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; color: #1a1a1a;
  background: #fff; max-width: 62rem; margin: 0 auto; padding: 1.5rem; overflow-wrap: break-word; }
h1 { font-size: 1.4rem; margin: 0 0 .2rem; }
h2 { font-size: 1.25rem; margin: 2rem 0 .5rem; border-bottom: 2px solid #0072b2; padding-bottom: .2rem; }
h3 { font-size: 1.05rem; margin: 1.3rem 0 .4rem; }
h4 { font-size: .95rem; margin: .8rem 0 .2rem; }
p, ul { margin: .4rem 0; }
li { margin: .25rem 0; }
.answer { font-size: 1.2rem; font-weight: 600; }
.notice, .simulated, .caution { border: 1px solid #8a4b00; border-left-width: 6px; background: #fff7e8;
  padding: .4rem .7rem; }
.simulated, .caution { font-weight: 600; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0; font-size: .86rem; }
caption { text-align: left; font-weight: 600; padding: .2rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .45rem; border-bottom: 1px solid #d0d0d0; }
th { overflow-wrap: normal; word-break: normal; hyphens: none; }
thead th { border-bottom: 2px solid #555; white-space: nowrap; }
tbody th { font-weight: 600; }
.finding { border-top: 1px solid #999; }
.finding td, .finding tr:first-child th { border-bottom: 0; }
.finding .words { color: #333; padding-top: 0; }
.first th[scope="row"] { width: 27%; }
.first td:last-child { width: 39%; }
.numbers { white-space: nowrap; }
.checklist th:nth-child(1) { width: 4rem; }
.findings { table-layout: fixed; }
.findings .what { width: 30%; }
.findings .n { width: 14%; }
.findings .estimate { width: 15%; }
.findings .interval { width: 11%; }
.findings .test { width: 13%; }
.findings .p { width: 6%; }
.findings .method { width: 5%; }
summary { font-weight: 600; cursor: pointer; }
figure { margin: .8rem 0; break-inside: avoid; }
figure img { max-width: 100%; height: auto; }
figcaption { font-size: .86rem; color: #333; }
a { color: #00518a; }
code { font-size: .85em; }
@media screen and (max-width: 48rem) {
  body { padding: .7rem; }
  table { display: block; overflow-x: auto; }
}
@media print {
  @page { size: A4; margin: 9mm 9mm; }
  body { font-size: 9pt; line-height: 1.3; max-width: none; padding: 0; }
  h1 { font-size: 12pt; }
  h2 { font-size: 11.5pt; margin: .4rem 0 .15rem; break-after: avoid; }
  h3 { font-size: 9pt; margin: .25rem 0 0; break-after: avoid; }
  .answer { font-size: 10.5pt; }
  .first .caution { font-size: 8pt; }
  .first p, .first ul { margin: .25rem 0; }
  .first li { margin: .04rem 0; font-size: 7.5pt; }
  .first table { font-size: 7.6pt; line-height: 1.12; margin: .2rem 0; }
  .first figure { margin: .15rem 0; }
  table { font-size: 6.4pt; line-height: 1.17; margin: .15rem 0; }
  th, td { padding: .05rem .22rem; }
  figure { margin: .15rem 0; }
  figure img { max-width: 50%; max-height: 40mm; display: block; margin: 0 auto; }
  #notes li { font-size: 6.4pt; line-height: 1.17; margin: .04rem 0; }
  .first figure img { max-width: 64%; max-height: none; }
  .first figcaption { font-size: 7pt; }
  figcaption { font-size: 7pt; }
  nav, details, .on-screen { display: none; }
  .has-estimate .words, .findings .test { display: none; }
  .findings .what { width: 40%; }
  .findings .n { width: 16.5%; }
  .findings .estimate { width: 19.5%; }
  .findings .interval { width: 10.5%; }
  .findings .p { width: 4.3%; }
  .findings .method { width: 4.9%; }
  .subjects { columns: 2; column-gap: 6mm; }
  .subjects thead th { white-space: normal; }
  .subjects tbody th, .subjects td:nth-child(n+4) { white-space: nowrap; }
  .page { break-before: page; }
  .finding, tr { break-inside: avoid; }
  thead { display: table-header-group; }
  #methods ol { columns: 2; column-gap: 8mm; font-size: 6.3pt; line-height: 1.18; padding-left: 5mm; }
  #methods li { margin: .04rem 0; }
  #methods p, #methods ul, #stard p, #settings p { font-size: 7pt; line-height: 1.18; }
  .checklist th:nth-child(1) { width: 4%; }
  .checklist th:nth-child(2) { width: 13.5%; }
  .checklist th:nth-child(3) { width: 29%; }
  #settings { columns: 3; column-gap: 6mm; }
  #settings h2 { column-span: all; }
  #settings code { font-size: .75em; overflow-wrap: anywhere; }
  a { color: inherit; text-decoration: none; }
}
"""
