"""The style sheets of the page and of its pictures: light or dark as the reader's screen is, and fit for paper."""

_COLOURS = """
:root { --ink: #1d2430; --dim: #667085; --line: #e4e7ec; --paper: #ffffff; --card: #f8f9fb;
  --blue: #2563c9; --band: #2563c926; --good: #10804a; --bad: #c02b2b; --warn: #a15c07; --chance: #98a2b340;
  --s0: #7a8699; --s1: #2563c9; --s2: #0f9488; --s3: #c2570c; --s4: #8b3fc4; --s5: #b0246b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --dim: #98a2b3; --line: #2c3442;
  --paper: #12161d; --card: #191f29; --blue: #6ea8fe; --band: #6ea8fe30; --good: #4cc38a;
  --bad: #ff7b72; --warn: #e5b567; --chance: #98a2b333; --s0: #98a2b3; --s1: #6ea8fe; --s2: #3fc7b8; --s3: #f2994a;
  --s4: #c58af9; --s5: #f472b6; } }
"""

_PICTURES = """
svg text { fill: var(--dim); } svg .note { fill: var(--ink); font-weight: 600; }
.grid { stroke: var(--line); } .zero, .tick { stroke: var(--dim); }
.band { fill: var(--band); } .line { fill: none; stroke: var(--blue); stroke-width: 2; }
.spot { fill: var(--blue); opacity: 0; } .spot:hover { opacity: 1; }
.mark { stroke: var(--ink); stroke-dasharray: 3 3; }
.bar { fill: var(--s0); } .bar.peak { fill: var(--good); } .chance { fill: var(--chance); }
.whisker { stroke-width: 2; opacity: 0.55; }
.s0 { fill: var(--s0); stroke: var(--s0); } i.s0 { background: var(--s0); }
.s1 { fill: var(--s1); stroke: var(--s1); } i.s1 { background: var(--s1); }
.s2 { fill: var(--s2); stroke: var(--s2); } i.s2 { background: var(--s2); }
.s3 { fill: var(--s3); stroke: var(--s3); } i.s3 { background: var(--s3); }
.s4 { fill: var(--s4); stroke: var(--s4); } i.s4 { background: var(--s4); }
.s5 { fill: var(--s5); stroke: var(--s5); } i.s5 { background: var(--s5); }
"""

PICTURE = _COLOURS + _PICTURES
"""For a picture in a file of its own."""

STYLE = (
    _COLOURS
    + """
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1320px; padding: 28px 24px 48px; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans",
  sans-serif; font-variant-numeric: tabular-nums; }
h1 { font-size: 28px; line-height: 1.2; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 18px; margin: 36px 0 2px; }
p { margin: 4px 0; color: var(--dim); }
.verdicts { list-style: none; margin: 22px 0 0; padding: 0; display: grid; gap: 8px; }
.verdicts li { display: flex; flex-wrap: wrap; gap: 2px 16px; padding: 10px 16px;
  border-left: 4px solid var(--line); background: var(--card); border-radius: 6px; }
.verdicts b { min-width: 92px; }
.verdicts .yes { border-color: var(--good); } .verdicts .yes span { color: var(--good); }
.verdicts .wrong { border-color: var(--bad); } .verdicts .wrong span { color: var(--bad); }
.verdicts .dear { border-color: var(--warn); } .verdicts .dear span { color: var(--warn); }
.verdicts .none span { color: var(--dim); }
.figures { display: grid; gap: 16px; margin-top: 12px;
  grid-template-columns: repeat(auto-fill, minmax(380px, 1fr)); }
figure { margin: 0; padding: 14px 14px 6px; background: var(--card); border-radius: 8px;
  border: 1px solid var(--line); break-inside: avoid; }
figcaption { font-weight: 600; font-size: 14px; margin: 0 0 6px 2px; }
.few { padding: 60px 0 70px; text-align: center; }
svg { display: block; width: 100%; height: auto; font-size: 11px; }
"""
    + _PICTURES
    + """
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-top: 8px; font-size: 13px; }
.legend span { display: inline-flex; align-items: center; gap: 6px; }
.legend i { width: 10px; height: 10px; border-radius: 50%; }
.wide { overflow-x: auto; margin-top: 12px; }
table { border-collapse: collapse; font-size: 13.5px; }
th { color: var(--dim); font-weight: 500; }
th, td { padding: 3px 14px 3px 0; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; font-weight: 600; padding-right: 26px; }
tr.first td { border-top: 1px solid var(--line); padding-top: 6px; }
tr.holds td:nth-child(6) { color: var(--good); font-weight: 600; }
.how p { max-width: 78ch; font-size: 13.5px; margin-top: 8px; }
@media print { body { padding: 0; } }
"""
)
"""For the page."""
