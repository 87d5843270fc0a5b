"""The look of the HTML report: light and dark, wide and narrow, without anything from elsewhere."""

STYLE = """
:root { color-scheme: light dark; --line: #8884; --clean: #1a7f37; --leak: #cf222e;
  --untried: #6e7681; --soft: #8881; }
@media (prefers-color-scheme: dark) { :root { --clean: #238636; --leak: #da3633;
  --untried: #9198a1; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 2rem 1.25rem 4rem;
  max-width: 68rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .25rem; }
p { margin: .25rem 0 .75rem; }
code, pre { font: .85rem/1.5 ui-monospace, monospace; }
.verdict { display: inline-block; padding: .1rem .7rem; border-radius: 1rem; color: #fff;
  background: var(--untried); }
.verdict.clean { background: var(--clean); } .verdict.leak { background: var(--leak); }
.quiet { color: var(--untried); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .5rem 0; }
dt { color: var(--untried); } dd { margin: 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: .2rem .6rem; border-bottom: 1px solid var(--line); text-align: right; }
th[scope=row], th:first-child, td:first-child { text-align: left; font-weight: 400; }
th[scope=row] { font: .8rem/1.35 ui-monospace, monospace; }
thead th { font-weight: 600; border-bottom-width: 2px; }
tr.group th { font: 600 .8rem/1.5 system-ui, sans-serif; padding-top: .9rem; border: 0; }
.matrix { table-layout: fixed; } .matrix th:first-child { width: 40%; }
.matrix thead th:not(:first-child) { text-align: center; }
td.cell { color: #fff; text-align: center; border: 2px solid Canvas; border-radius: 6px; }
td.clean { background: var(--clean); }
td.clean.few { background: color-mix(in srgb, var(--clean) 30%, Canvas); color: CanvasText; }
td.leak { background: var(--leak); font-weight: 700; }
td.untried { background: var(--soft); color: var(--untried); }
.legend span { display: inline-block; min-width: 1.6rem; padding: 0 .4rem; border-radius: 4px;
  text-align: center; color: #fff; margin: 0 .25rem 0 .75rem; }
.legend span:first-child { margin-left: 0; }
.legend .clean { background: var(--clean); } .legend .leak { background: var(--leak); }
.legend .few { background: color-mix(in srgb, var(--clean) 30%, Canvas); color: CanvasText; }
.legend .untried { background: var(--soft); color: var(--untried); }
article { border: 1px solid var(--line); border-left: 4px solid var(--leak); border-radius: 6px;
  padding: .75rem 1rem; margin: 1rem 0; }
pre { background: var(--soft); padding: .75rem; border-radius: 6px; white-space: pre-wrap;
  margin: .5rem 0; }
details > summary { cursor: pointer; }
.never { color: var(--leak); font-weight: 600; } td { white-space: nowrap; }
@media (max-width: 44rem) {
  body { padding: 1.25rem .75rem 3rem; }
  th, td { padding: .2rem .3rem; font-size: .8rem; }
  :is(.matrix, .controls) thead th:not(:first-child) { writing-mode: vertical-rl;
    transform: rotate(180deg); text-align: left; padding: .3rem 0; }
  .word { display: none; }
  dl { grid-template-columns: minmax(5rem, max-content) 1fr; gap: .1rem .6rem; }
}
@media print { article, tr { break-inside: avoid; } }
"""
