/** The look of the page: light or dark as the reader's system is, and for paper. */
import { Html } from './html.ts';

export const styles = new Html(`
:root {
  color-scheme: light dark;
  --ground: #ffffff; --panel: #f5f6f8; --rule: #e2e5ea; --ink: #16191d; --muted: #5c6570;
  --good: #0b7a53; --good-ground: #e9f6f0; --bad: #b0382a; --bad-ground: #fbeeec;
  --open: #7a5d00; --open-ground: #fbf5e0;
  --run-0: #7b8490; --run-1: #d98200; --run-2: #118c6b; --run-3: #1f6fc4; --run-4: #a6478f; --run-5: #c4501b;
  --run-6: #5b53c0; --run-7: #7d7a12; --run-8: #b23a5e; --run-9: #2f8f9d;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b; --panel: #1c2026; --rule: #2d333b; --ink: #e8ebef; --muted: #98a2af;
    --good: #4ccf9d; --good-ground: #12281f; --bad: #f08a7b; --bad-ground: #2e1a18;
    --open: #e2c15c; --open-ground: #28220f;
    --run-0: #9aa4b1; --run-1: #f2a93b; --run-2: #3fc49c; --run-3: #62aaf2; --run-4: #d98bc6; --run-5: #f0865a;
    --run-6: #a59df2; --run-7: #cfcb4d; --run-8: #f2849f; --run-9: #6fd0dd;
  }
}
* { box-sizing: border-box; }
html { font-size: 15px; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
  -webkit-text-size-adjust: 100%;
}
main { max-width: 1120px; margin: 0 auto; padding: 56px 28px 72px; }
h1 { margin: 0; font-size: 2.5rem; line-height: 1.15; font-weight: 680; letter-spacing: -0.022em; overflow-wrap: anywhere; }
h2 { margin: 0 0 4px; font-size: 1.4rem; font-weight: 640; letter-spacing: -0.01em; }
h3 { margin: 26px 0 8px; font-size: 1rem; font-weight: 620; }
p { margin: 0; }
small { font-size: 0.83rem; font-weight: 400; color: var(--muted); }
.over { margin-bottom: 6px; font-size: 0.87rem; font-weight: 600; color: var(--run-3); }
.lead { margin-top: 12px; max-width: 46em; font-size: 1.13rem; color: var(--muted); }
.intro { max-width: 54em; margin: 0 0 14px; color: var(--muted); }
section { margin-top: 56px; }
.verdict { margin: 28px 0; padding: 18px 22px; border-radius: 10px; --tone: var(--open); background: var(--open-ground); }
.verdict p + p { margin-top: 4px; }
.verdict.helped { --tone: var(--good); background: var(--good-ground); }
.verdict.did-not-help, .verdict.failed { --tone: var(--bad); background: var(--bad-ground); }
.headline { font-size: 1.33rem; font-weight: 640; letter-spacing: -0.01em; color: var(--tone); }
.headline span { font-size: 1rem; }
.caution { margin: 10px 0; padding: 8px 14px; border-radius: 8px; background: var(--open-ground); color: var(--open); }
small.note { color: var(--open); }
.found { min-width: 11em; }
.pass { color: var(--good); }
.fail { color: var(--bad); font-weight: 640; }

table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
.wide + .wide { margin-top: 22px; }
.wide + p { margin-top: 12px; }
th, td { padding: 8px 16px 8px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); }
th:last-child, td:last-child { padding-right: 0; }
thead th { padding-top: 0; font-size: 0.83rem; font-weight: 500; color: var(--muted); vertical-align: bottom; }
tbody th { font-weight: 560; }
tfoot td { padding-top: 0; border: 0; }
.n { text-align: right; white-space: nowrap; }
.scores td, .scores tbody th { vertical-align: middle; }
.scores .main { font-weight: 640; }
td small, th small, .small small { display: block; font-size: 0.8rem; }
.plot { width: 226px; padding-top: 2px; padding-bottom: 2px; }
.run { white-space: nowrap; }
.run i { display: inline-block; width: 9px; height: 9px; margin-right: 8px; border-radius: 50%; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin-bottom: 12px; font-size: 0.9rem; }

.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 310px), 1fr)); gap: 22px 26px; }
.grid.small { grid-template-columns: repeat(auto-fill, minmax(min(100%, 225px), 1fr)); gap: 18px 22px; }
figure { margin: 0; min-width: 0; }
figcaption { margin-bottom: 4px; font-size: 0.9rem; font-weight: 560; overflow-wrap: anywhere; }
img { display: block; width: 100%; height: auto; border-radius: 6px; background: #000; }
.pictures { display: grid; grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); gap: 18px; }
.pictures figcaption { margin: 6px 0 0; font-weight: 400; }
svg { display: block; width: 100%; height: auto; overflow: visible; font-size: 11px; }
svg text { fill: var(--muted); font-variant-numeric: tabular-nums; }
.chart .rule { stroke: var(--rule); }
.chart .reference { stroke: var(--muted); stroke-dasharray: 3 4; }
.chart path { fill: none; stroke: var(--line); stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
.chart circle { fill: var(--line); stroke: var(--ground); }
.chart.scatter circle { fill-opacity: 0.55; }
.chart.scatter circle.hollow { fill: none; stroke: var(--line); stroke-width: 1.4; }
.audit { max-width: 620px; }
.strip { width: 210px; }
.strip circle { fill: var(--line); fill-opacity: 0.38; }
.strip .interval { stroke: var(--line); stroke-width: 5; stroke-opacity: 0.85; stroke-linecap: round; }
.strip .mean { stroke: var(--ink); stroke-width: 2; }
.strip .zero { stroke: var(--muted); stroke-dasharray: 2 3; }
.strip.axis line { stroke: var(--rule); stroke-width: 1; }

pre { margin: 0 0 18px; padding: 14px 18px; border-radius: 8px; background: var(--panel); white-space: pre-wrap; overflow-wrap: anywhere; }
code { font: 0.87rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 310px), 1fr)); gap: 0 26px; margin: 0; font-size: 0.9rem; }
dl div { display: flex; gap: 14px; justify-content: space-between; padding: 5px 0; border-bottom: 1px solid var(--rule); }
dl .long { grid-column: 1 / -1; }
dt { color: var(--muted); }
dd { margin: 0; text-align: right; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
details { margin-top: 14px; }
summary { cursor: pointer; color: var(--muted); }
@media (max-width: 700px) { main { padding: 28px 16px 48px; } h1 { font-size: 1.9rem; } .aside { display: none; } }
@media print {
  @page { margin: 14mm; }
  html { font-size: 9pt; }
  body { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  section { margin-top: 26px; }
  h2, h3, .intro, .legend { break-after: avoid; }
  figure, tr, .verdict { break-inside: avoid; }
  .wide { overflow: visible; }
  .scores { font-size: 0.9rem; }
  th, td { padding-right: 10px; }
  .strip { width: 150px; }
  .plot { width: 160px; }
  .grid { grid-template-columns: repeat(3, 1fr); gap: 12px; }
  .grid.small { grid-template-columns: repeat(4, 1fr); }
}
`);
