/** What a round came to, read from its run folders; whether GenSeg helped is judged as the report judges it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ComparedRun,
  compareRuns,
  inSentence,
  labelled,
  overlayFile,
  type RunRecord,
  readRun,
  type SetResult,
  type SetTrust,
  verdicts,
} from 'genseg/report';
import { evaluationPaths, runPaths } from 'genseg/run';
import type {
  Calibration,
  Comparison,
  MetricName,
  Round,
  RoundResults,
  RunResults,
  Score,
  SetScores,
} from '../api.ts';
import { type RunPlace, runsOf } from './round-files.ts';
import type { Rounds } from './rounds.ts';

/** The project's own test split. */
const ownSet = 'test';
const metrics: readonly MetricName[] = [
  ...(['dice', 'jaccard', 'precision', 'recall', 'hd95', 'assd', 'nsd'] as const),
];

/** JSON has no NaN. */
const score = (value: number): Score => (Number.isFinite(value) ? value : null);
const scoresOf = (of: Readonly<Record<MetricName, number>>): Record<MetricName, Score> =>
  Object.fromEntries(metrics.map((name) => [name, score(of[name])])) as Record<MetricName, Score>;

export function resultsOf(rounds: Rounds, name: string, ids: ReadonlySet<string>): RoundResults {
  const round = rounds.get(name);
  const records = recordsOf(runsOf(rounds.paths(name)));
  return {
    round: name,
    runs: records.map((record) => runResults(record, ids)),
    labels: round.labels,
    verdict: verdictOf(records, round),
  };
}

/** Those that have begun. */
const recordsOf = (runs: readonly RunPlace[]): RunRecord[] =>
  runs
    .filter(({ folder }) => existsSync(runPaths(folder).plan))
    .map(({ folder }) => readRun(folder));

function runResults(record: RunRecord, ids: ReadonlySet<string>): RunResults {
  const { paths, plan, sets, trust, method } = record;
  return {
    method: method as RunResults['method'],
    sets: [...sets].map(([set, result]) => setScores(paths.root, set, { result, ids })),
    calibration: calibrationOf(trust.get(ownSet)),
    model: existsSync(paths.bestModel),
    report: existsSync(paths.report),
    decisions: (plan?.decisions ?? []).map(({ name, value, reason }) => ({
      ...{ name, value: String(value), reason },
    })),
  };
}

function setScores(
  root: string,
  set: string,
  { result, ids }: { result: SetResult; ids: ReadonlySet<string> },
): SetScores {
  const { overlays } = evaluationPaths(root, set);
  const inDomain = set === ownSet;
  const worstFirst = result.cases.toSorted((a, b) => rank(a.dice) - rank(b.dice));
  return {
    ...{ set, inDomain, unit: result.unit, patients: result.patients },
    mean: scoresOf(result.mean),
    ci95: Object.fromEntries(
      metrics.map((name) => [name, result.ci95[name].map(score)]),
    ) as SetScores['ci95'],
    caution: result.caution ?? null,
    cases: worstFirst.map((one) => {
      const file = overlayFile(one.id);
      return {
        ...scoresOf(one),
        id: one.id,
        patient: one.patient ?? null,
        presence: one.presence,
        overlay: existsSync(join(overlays, file)) ? file : null,
        inProject: inDomain && ids.has(one.id),
      };
    }),
  };
}

/** Nothing to score comes last. */
const rank = (dice: number): number => (Number.isNaN(dice) ? 2 : dice);

/** Of the first class that was measured; null where the run has measured none. */
function calibrationOf(trust: SetTrust | undefined): Calibration | null {
  const [first] = Object.entries(trust?.calibration ?? {}).flatMap(([name, { ece, bins }]) =>
    ece === null ? [] : { class: name, ece, bins },
  );
  if (!first) return null;
  const { bins, ...measured } = first;
  return {
    ...measured,
    bins: bins.map(({ count, probability, frequency }, i) => ({
      ...{ from: i / bins.length, to: (i + 1) / bins.length, count },
      ...{ confidence: probability, accuracy: frequency },
    })),
  };
}

/** What may be said of the numbers, and what may not. */
function verdictOf(records: readonly RunRecord[], { state }: Round): string {
  const tested = labelled(records.filter(({ sets }) => sets.size > 0)).map((run) => ({
    ...run,
    label: inSentence(run.label),
  }));
  if (tested.length === 0) {
    return ['finished', 'failed'].includes(state)
      ? 'Nothing was tested, so nothing can be said of how good the model is: set images aside as test and train again.'
      : 'Not tested yet: scores come at the end of training.';
  }
  const found = verdicts(compareRuns(tested));
  const sentences = found.map(({ set, sentence }) =>
    found.length > 1 ? `${set === ownSet ? 'Own test images' : set}: ${sentence}` : sentence,
  );
  if (sentences.length === 0) sentences.push(...tested.flatMap(alone));
  const cautions = new Set(
    tested
      .flatMap(({ sets }) => [...sets.values()].map(({ caution }) => caution ?? ''))
      .filter((caution) => !sentences.some((sentence) => sentence.includes(caution))),
  );
  const outside = tested.some(({ sets }) => [...sets.keys()].some((set) => set !== ownSet));
  return [
    ...sentences,
    ...cautions,
    outside
      ? ''
      : 'This is measured on images like those it learned from; for another hospital or device, add a test set from there.',
  ]
    .filter(Boolean)
    .join('\n');
}

function alone({ label, sets }: ComparedRun): string[] {
  return [...sets].map(([set, { mean, ci95, cases }]) => {
    const [low, high] = ci95.dice.map((value) => value.toFixed(3));
    return `The mean Dice with ${label} on ${cases.length} images of the set ${set} is ${mean.dice.toFixed(3)} (95 % interval ${low} to ${high}).`;
  });
}

/** All rounds on the project's own test split, the oldest first. */
export function compareRounds(rounds: Rounds): Comparison {
  const all = rounds.all().reverse();
  const rows = all.flatMap(({ name, labels }) =>
    recordsOf(runsOf(rounds.paths(name))).flatMap((record): Comparison['rows'] => {
      const result = record.sets.get(ownSet);
      if (!result) return [];
      const [low, high] = result.ci95.dice.map(score);
      return [
        {
          ...{ round: name, method: record.method as Comparison['rows'][number]['method'] },
          labels: (labels?.train.length ?? 0) + (labels?.validation.length ?? 0),
          added: labels?.added.length ?? 0,
          changed: labels?.changed.length ?? 0,
          ...{ dice: score(result.mean.dice), low, high, cases: result.cases.length },
        },
      ];
    }),
  );
  const tests = new Set(
    all
      .filter(({ name }) => rows.some(({ round }) => round === name))
      .map(({ labels }) => labels?.test.toSorted().join('\n')),
  );
  const comparable = tests.size <= 1;
  return { set: rows.length > 0 ? ownSet : null, rows, comparable, sentence: said() };

  function said(): string {
    if (rows.length === 0) return 'No round has been tested yet.';
    if (!comparable) {
      return 'The test images differ between rounds, so their scores cannot be compared.';
    }
    if (new Set(rows.map(({ round }) => round)).size < 2) return 'Train another round to compare.';
    return 'All rounds were tested on the same images. Where intervals overlap much, chance may explain the difference.';
  }
}
