/** A run as a page shows it: with a name that tells it from the others, and a colour. */
import type { RunRecord } from '../run-record.ts';
import { labelled } from '../words.ts';
import { type Content, type Html, html } from './html.ts';

export interface PageRun extends RunRecord {
  readonly label: string;
  /** A CSS value. */
  readonly colour: string;
}

const slots = ['plain', 'augment', 'separate', 'genseg'];
const colours = 6;

/** The best-known methods have colours of their own, unless two runs share one. */
export function pageRuns(records: readonly RunRecord[]): PageRun[] {
  const methods = records.map(({ method }) => method);
  const own = new Set(methods).size === records.length && methods.every((m) => slots.includes(m));
  return labelled(records).map((run, i) => ({
    ...run,
    colour: `var(--run-${own ? slots.indexOf(run.method) : i % colours})`,
  }));
}

/** A run's name behind a dot of its colour. */
export const runLabel = ({ label, colour }: Pick<PageRun, 'label' | 'colour'>): Html =>
  html`<span class="run"><i style="background:${colour}"></i>${label}</span>`;

/** Which colour is which run; of one run nothing need be said. */
export const legend = (runs: readonly PageRun[]): Content =>
  runs.length > 1 && html`<p class="legend">${runs.map(runLabel)}</p>`;

/** What runs have in common is said once: equal values, and the runs that have each. */
export function grouped<T>(
  runs: readonly PageRun[],
  valuesOf: (run: PageRun) => readonly T[],
): { value: T; runs: PageRun[] }[] {
  const groups = new Map<string, { value: T; runs: PageRun[] }>();
  for (const run of runs) {
    for (const value of valuesOf(run)) {
      const key = JSON.stringify(value);
      const group = groups.get(key) ?? { value, runs: [] };
      groups.set(key, { value, runs: [...group.runs, run] });
    }
  }
  return [...groups.values()];
}

/** A part of the page with its heading and a sentence that says how to read it. */
export const section = (title: string, intro: Content, content: Content): Html =>
  html`<section>
<h2>${title}</h2>
<p class="intro">${intro}</p>
${content}
</section>
`;
