/** Why the result can be trusted and repeated: self-check, decisions with reasons, machine, command. */
import type { Environment, JsonValue } from '../../run/index.ts';
import { trainCommand } from '../command.ts';
import { eventsOf } from '../run-record.ts';
import { type Content, type Html, html } from './html.ts';
import { grouped, type PageRun, section } from './page-run.ts';

export function selfChecks(runs: readonly PageRun[]): Content {
  const checks = grouped(runs, (run) => eventsOf(run, 'selfcheck').at(-1)?.data.checks ?? []);
  if (checks.length === 0) return null;
  return section(
    'Self-check',
    'Made on the data and the networks of the run itself before it began. It proves that the validation ' +
      'loss reaches the generator, and that validation images train nothing else.',
    html`<table>
<thead><tr><th>Check</th><th>Found</th><th>What it means</th></tr></thead>
<tbody>
${checks.map(
  ({ value: { name, passed, value, explanation }, runs: having }) =>
    html`<tr><th scope="row"><span class="${passed ? 'pass' : 'fail'}">${passed ? '✓' : '✗ failed:'}</span> ${name}${only(
      having,
      runs.filter((run) => eventsOf(run, 'selfcheck').length > 0),
    )}</th><td class="found">${value}</td><td>${explanation}</td></tr>
`,
)}</tbody>
</table>`,
  );
}

export function decisions(runs: readonly PageRun[]): Content {
  const planned = runs.filter(({ plan }) => plan);
  if (planned.length === 0) return null;
  const rows = grouped(planned, ({ plan }) => plan!.decisions);
  const names = rows.map(({ value }) => value.name);
  rows.sort((a, b) => names.indexOf(a.value.name) - names.indexOf(b.value.name));
  const recipes = grouped(planned, ({ plan }) => [plan!.recipe]);
  return section(
    'What was decided, and why',
    'Made before training from the options, the data and the machine; kept in plan.json.',
    html`<table>
<thead><tr><th>Decision</th><th>Value</th><th>Reason</th></tr></thead>
<tbody>
${rows.map(
  ({ value: { name, value, reason }, runs: having }) =>
    html`<tr><th scope="row">${name}${only(having, planned)}</th><td>${String(value)}</td><td>${reason}</td></tr>
`,
)}</tbody>
</table>
${recipes.map(
  ({
    value,
    runs: having,
  }) => html`<details><summary>Every number of the recipe${only(having, planned)}</summary>
${definitions(flat(value))}
</details>
`,
)}`,
  );
}

export function repeating(runs: readonly PageRun[]): Html {
  const machines = grouped(runs, ({ environment }) => (environment ? [environment] : []));
  return section(
    'To repeat it',
    'On a CPU of the same kind the same version, data and seed give the same weights.',
    html`<pre><code>${runs.map(({ settings }) => `${trainCommand(settings)}\n`).join('')}</code></pre>
${machines.map(
  ({ value, runs: having }) =>
    html`${having.length < runs.length && html`<h3>${having.map(({ label }) => label).join(', ')}</h3>`}${definitions(machineOf(value))}`,
)}`,
  );
}

function machineOf({ memoryBytes, ...rest }: Environment): [string, JsonValue][] {
  return flat({ ...rest, memory: `${Math.round(memoryBytes / 2 ** 30)} GiB` });
}

/** The runs that a row is true of, where it is not true of all. */
const only = (having: readonly PageRun[], all: readonly PageRun[]): Content =>
  having.length < all.length &&
  html` <small>${having.map(({ label }) => label).join(', ')}</small>`;

/** Nested values by their path: segmentation.lr, 0.001. */
function flat(value: object, path = ''): [string, JsonValue][] {
  return Object.entries(value).flatMap(([name, inner]) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? flat(inner, `${path}${name}.`)
      : [[`${path}${name}`, inner]],
  );
}

const definitions = (entries: readonly [string, JsonValue][]): Html =>
  html`<dl>${entries.map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return html`<div class="${text.length > 50 && 'long'}"><dt>${name}</dt><dd>${text}</dd></div>`;
  })}</dl>`;
