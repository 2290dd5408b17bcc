/** What trust.json and audit.json say, as sentences for the model card and the checklist. */
import { spearman } from '../metrics/index.ts';
import { counted, fixed, signed } from './format.ts';
import type { RunRecord } from './run-record.ts';
import type { Audit } from './trust-result.ts';

/** One sentence for each finding; none for a run that was not evaluated. */
export function trustSentences({ sets, trust, audit }: RunRecord): string[] {
  const ofSets = [...trust].flatMap(([set, { cases, calibration }]) => {
    const dice = new Map(sets.get(set)?.cases.map((one) => [one.id, one.dice]));
    const correlation = spearman(
      cases.map(({ predictedDice }) => predictedDice ?? Number.NaN),
      cases.map(({ id }) => dice.get(id) ?? Number.NaN),
    );
    const judged = cases.filter(({ novelty }) => novelty !== null);
    const foreign = judged.filter(({ novelty }) => novelty! > 1).length;
    return [
      ...Object.entries(calibration).map(
        ([name, { ece }]) => `${set}: expected calibration error ${fixed(ece)} for ${name}.`,
      ),
      `${set}: rank correlation of predicted and true Dice ${signed(correlation, 2)}.`,
      ...(judged.length > 0
        ? [`${set}: ${foreign} of ${judged.length} images are unlike the training images.`]
        : []),
    ];
  });
  if (!audit) return ofSets;
  const dice = audit.synthetic.flatMap((one) => one.dice ?? []);
  const mean = dice.reduce((sum, value) => sum + value, 0) / dice.length;
  return [
    ...ofSets,
    copiesSentence(audit),
    `Synthetic images keep to their masks with a mean Dice of ${fixed(mean)}, as the trained segmenter sees it.`,
  ];
}

function copiesSentence({ synthetic, leftOut }: Audit): string {
  if (synthetic.some(({ copied }) => copied === null))
    return 'Whether synthetic images are copies is not known: all training images are of one patient, or duplicates.';
  const copies = synthetic.filter(({ copied }) => copied).length;
  const apart = `; ${counted(leftOut, 'pair')} of training images of one patient, or duplicates, were not compared`;
  return `Of ${counted(synthetic.length, 'synthetic image')} ${copies} ${copies === 1 ? 'is a copy' : 'are copies'} of a training image${leftOut > 0 ? apart : ''}.`;
}
