/** The head of the page: what was trained, on what, and whether GenSeg helped. */
import { basename } from 'node:path';
import { areOfOneData, type Contrast, subjectOf, verdicts } from '../compare-runs.ts';
import { counted, duration, fixed } from '../format.ts';
import { eventsOf } from '../run-record.ts';
import { list, methodWords, namedClasses } from '../words.ts';
import { type Content, type Html, html } from './html.ts';
import { type PageRun, runLabel } from './page-run.ts';

const dataOf = ({ manifest, settings }: PageRun): string =>
  basename(manifest?.root ?? String(settings.data?.value));

/** The name of the data set, or of each. */
export const titleOf = (runs: readonly PageRun[]): string => list([...new Set(runs.map(dataOf))]);

export function summary(runs: readonly PageRun[], contrasts: readonly Contrast[]): Html {
  return html`<header>
<p class="over">GenSeg report</p>
<h1>${titleOf(runs)}</h1>
<p class="lead">${trainedOn(runs)}</p>
</header>
${verdictCard(runs, contrasts)}
${runTable(runs)}
`;
}

/** What was trained, in a sentence or two. */
export function trainedOn(runs: readonly PageRun[]): string {
  const run = subjectOf(runs);
  const { manifest, splits } = run;
  const models = runs.length === 1 ? 'A segmentation model' : `${runs.length} segmentation models`;
  if (!areOfOneData(runs)) return `${models}, of different data: ${list(runs.map(learnedFrom))}.`;
  if (!manifest || !splits) return `${models}; the run was stopped before its data were read.`;
  const { train, validation, test } = splits;
  const classes = namedClasses(manifest.classes);
  const labelled = counted(train.length + validation.length, 'labelled image');
  const seen = test.length > 0 && `The ${counted(test.length, 'test image')} took no part in that.`;
  return [
    `${models}${classes.length > 0 ? ` of ${list(classes)}` : ''} from ${labelled}: ${train.length} to train on,`,
    validation.length > 0 ? `${validation.length} to steer and choose by.` : 'none to choose by.',
    seen,
  ]
    .filter(Boolean)
    .join(' ');
}

function learnedFrom(run: PageRun): string {
  const { label, splits } = run;
  const count = splits ? splits.train.length + splits.validation.length : null;
  return `${label} from ${count === null ? '' : `${counted(count, 'labelled image')} of `}${dataOf(run)}`;
}

function verdictCard(runs: readonly PageRun[], contrasts: readonly Contrast[]): Content {
  const subject = subjectOf(runs);
  if (subject.method !== 'genseg') return null;
  if (subject.sets.size === 0 && subject.status === 'failed') {
    return card('failed', 'The run failed', [eventsOf(subject, 'end').at(-1)?.data.message]);
  }
  if (subject.sets.size === 0) {
    return card('open', 'Not evaluated yet', ['Whether GenSeg helped shows on test images.']);
  }
  const found = verdicts(contrasts);
  if (found.length === 0) return card('open', 'Not compared yet', [howToCompare(runs)]);
  const kinds = new Set(found.map(({ kind }) => kind));
  const several = found.length > 1;
  const [kind] = kinds.size === 1 ? kinds : ['mixed' as const];
  return card(
    kind,
    {
      helped: 'GenSeg helped',
      'did not help': 'GenSeg did not help',
      'cannot tell': 'Cannot tell whether GenSeg helped',
      mixed: 'Whether GenSeg helped depends on the test set',
    }[kind],
    found.map(({ set, kind, sentence }) =>
      several ? html`<b>${set}: ${kind}.</b> ${sentence}` : sentence,
    ),
  );
}

function howToCompare(runs: readonly PageRun[]): string {
  const shows = 'Whether GenSeg helped shows beside another run on the same test cases.';
  if (runs.every(({ method }) => method === 'genseg'))
    return `${shows} Train one with --method augment on the same data and seed, then give both runs to genseg report.`;
  const why = areOfOneData(runs)
    ? 'These share none'
    : 'These are of different data and share none: train both on the same data and seed';
  return `${shows} ${why}; genseg evaluate scores a run on images that it was not tested on.`;
}

const signs: Readonly<Record<string, string>> = { helped: '▲', 'did not help': '▼' };

const card = (kind: string, title: string, sentences: readonly Content[]): Html =>
  html`<div class="verdict ${kind.replaceAll(' ', '-')}">
<p class="headline"><span aria-hidden="true">${signs[kind] ?? '◆'}</span> ${title}</p>
${sentences.map((sentence) => html`<p>${sentence}</p>`)}
</div>`;

function runTable(runs: readonly PageRun[]): Html {
  return html`<div class="wide"><table>
<thead><tr><th>Run</th><th class="aside">How it learns</th><th class="n">Steps</th><th class="n">Best validation Dice</th><th class="n">Time</th></tr></thead>
<tbody>
${runs.map((run) => {
  const best = Math.max(...eventsOf(run, 'validation').map(({ data }) => data.dice));
  const seconds = eventsOf(run, 'end').at(-1)?.data.seconds;
  return html`<tr><th scope="row">${runLabel(run)}${statusNote(run)}</th><td class="aside">${capital(methodWords(run.method).sentence)}</td><td class="n">${stepsOf(run)}</td><td class="n">${fixed(best)}</td><td class="n">${seconds === undefined ? '–' : duration(seconds)}</td></tr>
`;
})}</tbody>
</table></div>`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Steps of the segmentation model. */
const stepsOf = (run: PageRun): number | string =>
  eventsOf(run, 'progress').findLast(({ data }) => data.stage === 'train')?.data.done ?? '–';

function statusNote(run: PageRun): Content {
  const message = eventsOf(run, 'end').at(-1)?.data.message;
  switch (run.status) {
    case 'finished':
      return null;
    case 'failed':
      return html`<small class="note">failed: ${message}</small>`;
    case 'interrupted':
      return html`<small class="note">interrupted; genseg resume continues it</small>`;
    case 'unfinished':
      return html`<small class="note">not finished: it still runs, or was killed</small>`;
  }
}
