/**
 * MODEL_CARD.md (after Mitchell et al. 2019, "Model cards for model reporting"): what the model of a run
 * is, what it was made from, how well it did and what is not known. Only facts of the run folder.
 */
import { basename } from 'node:path';
import { metricNames } from '../metrics/index.ts';
import { type RunEvent, writeFileAtomic } from '../run/index.ts';
import { trainCommand } from './command.ts';
import { averaging, chosenWeights } from './facts.ts';
import { counted, fixed } from './format.ts';
import { type RunRecord, readRun } from './run-record.ts';
import type { SetResult } from './set-result.ts';
import { trustSentences } from './trust-text.ts';
import { isLength, list, methodWords, metricTitle, namedClasses, sizeOf } from './words.ts';

/** Writes the card into the run's folder. @param ending as of `readRun`. */
export function writeModelCard(root: string, ending?: RunEvent): void {
  const run = readRun(root, ending);
  writeFileAtomic(run.paths.modelCard, modelCard(run));
}

function modelCard(run: RunRecord): string {
  const data = run.manifest?.root ?? String(run.settings.data?.value);
  return [
    `# Segmentation model of ${escaped(basename(data))}`,
    '## Model',
    modelFacts(run),
    '## Intended use',
    intendedUse(run),
    '## Training data',
    dataFacts(run),
    '## Scores',
    ...scoreFacts(run),
    '## Trust',
    trustFacts(run),
    '## Limits',
    limits(run),
    '## To repeat it',
    ['```sh', trainCommand(run.settings), '```'].join('\n'),
    '',
  ].join('\n\n');
}

const bullets = (items: readonly (string | false | null | undefined)[]): string =>
  items
    .filter((item) => typeof item === 'string')
    .map((item) => `- ${item}`)
    .join('\n');

function modelFacts(run: RunRecord): string {
  const { method, plan, environment, paths, status } = run;
  const [chosen, averaged] = [chosenWeights(run), averaging(run)];
  const { label, sentence } = methodWords(method);
  return bullets([
    `Method: ${label}, which ${sentence}.`,
    ...(plan?.decisions ?? [])
      .filter(({ name }) => name !== 'method')
      .map(({ name, value, reason }) => `${escaped(`${name}: ${value} (${reason})`)}`),
    `Weights: \`${basename(paths.checkpoints.best)}\` in \`checkpoints/\`${chosen ? `, ${chosen}` : ''}.`,
    averaged && `They are ${averaged}.`,
    environment &&
      `Made with genseg ${environment.genseg.version}${environment.genseg.commit ? ` (${environment.genseg.commit})` : ''}, Node ${environment.node}, ${environment.os}.`,
    status !== 'finished' && `The run is ${status}: this model is not its final one.`,
  ]);
}

function intendedUse({ manifest }: RunRecord): string {
  const classes = namedClasses(manifest?.classes ?? []).map(escaped);
  const what = classes.length > 0 ? `Marks ${list(classes)} in images` : 'Marks objects in images';
  return (
    `${what} like those it was trained on: the same kind of object, imaged in the same way. For research. ` +
    'It is not a medical device, and nothing in this run shows that it is fit for clinical decisions.'
  );
}

function dataFacts({ manifest, splits }: RunRecord): string {
  if (!manifest || !splits) return 'The run was stopped before its data were read.';
  const { fingerprint, cases, layout, root } = manifest;
  const patients = new Set(cases.map(({ group }) => group)).size;
  const side = ([low, , high]: readonly number[]) =>
    low === high ? `${low}` : `${low} to ${high}`;
  return bullets([
    escaped(`${basename(root)}: ${layout}.`),
    `${cases.length} images of ${patients} patients or groups, of which ${splits.train.length} trained the model, ` +
      `${splits.validation.length === 0 ? 'none chose the weights' : `${splits.validation.length} chose the weights and, with GenSeg, steered the generator`}, ` +
      `and ${splits.test.length} were kept for tests.`,
    `${counted(fingerprint.channels, 'channel')} of ${fingerprint.bits} bits, ${side(fingerprint.width)} px wide, ` +
      `${side(fingerprint.height)} px high.`,
    'Every file is listed with its SHA-256 in manifest.json.',
  ]);
}

function scoreFacts({ sets }: RunRecord): string[] {
  if (sets.size === 0) return ['The model was not evaluated.'];
  return [
    'Means over cases with 95 % intervals (bootstrap over patients).',
    ...[...sets].map(([set, result]) => scoreTable(set, result)),
  ];
}

function trustFacts(run: RunRecord): string {
  const sentences = trustSentences(run).map(escaped);
  return sentences.length > 0 ? bullets(sentences) : 'Nothing was measured.';
}

function scoreTable(set: string, result: SetResult): string {
  const groups = Object.entries(result.classes ?? {});
  const columns = [['all', result] as const, ...groups];
  const row = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
  const heads = groups.length > 0 ? columns.map(([name]) => name) : ['mean'];
  return [
    `### ${escaped(set)} (${sizeOf(result)})\n`,
    row(['', ...heads]),
    row(['---', ...heads.map(() => '---')]),
    ...metricNames.map((name) => {
      const digits = isLength(name) ? 1 : 3;
      return row([
        metricTitle(name, result),
        ...columns.map(([, { mean, ci95 }]) => {
          const [low, high] = ci95[name].map((end) => fixed(end, digits));
          return `${fixed(mean[name], digits)} (${low} to ${high})`;
        }),
      ]);
    }),
  ].join('\n');
}

function limits({ sets, splits }: RunRecord): string {
  const cautions = [...sets].flatMap(([set, { caution, warnings = [] }]) => [
    ...(caution ? [`${escaped(set)}: ${caution}`] : []),
    ...warnings.map((text) => escaped(`${set}: ${text}.`)),
  ]);
  const labelled = splits ? splits.train.length + splits.validation.length : null;
  return bullets([
    labelled !== null &&
      `It has seen ${labelled} labelled images; what they do not show it cannot know.`,
    'The scores hold for images like those of the test sets above, and for no others.',
    ...cautions,
  ]);
}

/** Text that Markdown takes as it is. */
const escaped = (text: string): string => text.replaceAll(/[\\`*_{}[\]<>#|]/g, '\\$&');
