/**
 * How far a run can be trusted: whether its probabilities are right, whether it knows which of its masks are
 * bad, which test images are unlike its training images, and what its synthetic pairs are.
 */
import { existsSync } from 'node:fs';
import { median, spearman } from '../../metrics/index.ts';
import { counted, fixed, signed } from '../format.ts';
import { lineChart } from '../svg/line-chart.ts';
import { type Dot, scatterPlot } from '../svg/scatter-plot.ts';
import type { Audit, SetTrust } from '../trust-result.ts';
import { type Content, type Html, html } from './html.ts';
import { legend, type PageRun, runLabel, section } from './page-run.ts';
import { embed, figure } from './pictures.ts';

export function trust(runs: readonly PageRun[]): Content {
  const sets = [...new Set(runs.flatMap((run) => [...run.trust.keys()]))];
  if (sets.length === 0) return null;
  return section(
    'How far to trust it',
    'The predicted Dice needs no true mask: it is how well the masks agree that the model draws for six views of an ' +
      'image. Its rank correlation with the true Dice says whether the worst masks can be found by it (1: ' +
      'always). The calibration error (ECE) is the mean gap between a probability and how often it is right, in ' +
      'the box around the object. An image is unlike the training images where the model’s encoder finds it ' +
      'farther away than they are among themselves.',
    sets.map((set) => setTrust(set, runs)),
  );
}

function setTrust(set: string, all: readonly PageRun[]): Html {
  const runs = all.filter((run) => run.trust.has(set));
  return html`<h3>${set}</h3>
<div class="wide"><table>
<thead><tr><th>Model</th><th class="n">Dice</th><th class="n">Predicted</th><th class="n">Rank correlation</th><th class="n">ECE</th><th class="n">Unlike the training images</th></tr></thead>
<tbody>
${runs.map((run) => trustRow(run, set))}</tbody>
</table></div>
${legend(runs)}
<div class="grid">${calibrationCharts(set, runs)}${diceChart(set, runs)}</div>
`;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const known = (values: readonly (number | null | undefined)[]): number[] =>
  values.filter((value): value is number => typeof value === 'number' && !Number.isNaN(value));

/** The cases of a set with what was predicted for them and what they scored. */
function casesOf(run: PageRun, set: string) {
  const dice = new Map(run.sets.get(set)?.cases.map((one) => [one.id, one.dice]));
  return run.trust.get(set)!.cases.map((one) => ({
    predicted: one.predictedDice ?? Number.NaN,
    dice: dice.get(one.id) ?? Number.NaN,
    novelty: one.novelty,
  }));
}

function trustRow(run: PageRun, set: string): Html {
  const cases = casesOf(run, set);
  const [dice, predicted] = [cases.map((one) => one.dice), cases.map((one) => one.predicted)];
  const judged = known(cases.map(({ novelty }) => novelty));
  const foreign = judged.filter((value) => value > 1).length;
  return html`<tr><th scope="row">${runLabel(run)}</th><td class="n">${fixed(mean(known(dice)))}</td><td class="n">${fixed(mean(known(predicted)))}</td><td class="n">${signed(spearman(predicted, dice), 2)}</td><td class="n">${eceCell(run.trust.get(set)!)}</td><td class="n">${judged.length > 0 ? `${foreign} of ${judged.length}` : '–'}</td></tr>
`;
}

function eceCell({ calibration }: SetTrust): Content {
  const classes = Object.entries(calibration);
  if (classes.length === 1) return fixed(classes[0][1].ece);
  return classes.map(([name, { ece }]) => html`${fixed(ece)} <small>${name}</small>`);
}

/** A reliability diagram for each class, with a line for each run. */
function calibrationCharts(set: string, runs: readonly PageRun[]): Content {
  const names = Object.keys(runs[0].trust.get(set)!.calibration);
  return names.map((name) => {
    const series = runs.map((run) => ({
      name: run.label,
      colour: run.colour,
      points: (run.trust.get(set)!.calibration[name]?.bins ?? []).map(
        ({ probability, frequency }) => [probability, frequency] as const,
      ),
    }));
    const right = {
      name: 'right',
      colour: 'var(--rule)',
      points: [
        [0, 0],
        [1, 1],
      ] as const,
    };
    const chart = lineChart({
      description: `How often pixels have the class ${name}, by the probability they were given`,
      series: [right, ...series],
      unit: 'probability given',
      height: 240,
      y: [0, 1],
    });
    const of = names.length > 1 && html` of ${name}`;
    return figure(chart, html`<b>Reliability${of}</b> <small>share of pixels that have it</small>`);
  });
}

function diceChart(set: string, runs: readonly PageRun[]): Content {
  const dots = runs.flatMap((run) =>
    casesOf(run, set)
      .filter(({ predicted, dice }) => !Number.isNaN(predicted + dice))
      .map(
        ({ predicted, dice, novelty }): Dot => ({
          ...{ x: predicted, y: dice, colour: run.colour },
          hollow: (novelty ?? 0) > 1,
        }),
      ),
  );
  if (dots.length === 0) return null;
  const lowest = Math.min(...dots.flatMap(({ x, y }) => [x, y]));
  const chart = scatterPlot({
    description: 'True Dice against predicted Dice, a dot for each case',
    dots,
    low: Math.min(0.9, Math.floor(lowest * 10) / 10),
    unit: 'predicted Dice',
  });
  return figure(
    chart,
    html`<b>True Dice by predicted Dice</b> <small>a ring: unlike the training images</small>`,
  );
}

/** What was found of the synthetic pairs of every run that drew some. */
export async function audits(runs: readonly PageRun[]): Promise<Content> {
  const audited = runs.filter(({ audit }) => audit !== null);
  if (audited.length === 0) return null;
  const pictures = await Promise.all(
    audited.map(async (run) => {
      const path = run.paths.audit.pictures;
      const alt = 'Masks, synthetic images, nearest real images and predictions';
      return (
        existsSync(path) &&
        html`${audited.length > 1 && html`<h3>${run.label}</h3>`}
<div class="audit">${await embed(path, alt, 760)}</div>
`
      );
    }),
  );
  return section(
    'Synthetic pairs examined',
    'A distance compares two images, mirrored or not, each brought to mean 0 and deviation 1. A synthetic image ' +
      'counts as copied if it is nearer to a training image than half the smallest distance between two training ' +
      'images of different patients, duplicates left out. Faithfulness is the Dice between the mask an image was drawn for and what the trained segmenter ' +
      'finds in it; that segmenter has learned from such pairs, so it shows that they are consistent, not that they are right.',
    html`<div class="wide"><table>
<thead><tr><th>Model</th><th class="n">Copied</th><th class="n">Distance to the nearest training image</th><th class="n">Between training images</th><th class="n">Faithfulness</th></tr></thead>
<tbody>
${audited.map((run) => auditRow(run, run.audit!))}</tbody>
</table></div>
<p class="intro">Below, the four synthetic images that are nearest to a training image: the mask, the image drawn for it, the nearest training image, and the segmenter’s prediction with the mask as a line.</p>
${pictures}`,
  );
}

function auditRow(run: PageRun, { synthetic, real, leftOut }: Audit): Html {
  const copies = synthetic.filter(({ copied }) => copied).length;
  const told = synthetic.every(({ copied }) => copied !== null);
  const spread = (values: readonly { distance: number }[]) => {
    if (values.length === 0) return '–';
    const distances = values.map(({ distance }) => distance);
    return html`${fixed(median(distances), 2)}<small>median; least ${fixed(Math.min(...distances), 2)}</small>`;
  };
  const dice = known(synthetic.map((one) => one.dice));
  const worst = dice.length > 0 ? Math.min(...dice) : null;
  return html`<tr><th scope="row">${runLabel(run)}</th><td class="n${copies > 0 && html` fail`}">${told ? html`${copies} of ${counted(synthetic.length, 'image')}` : '–'}</td><td class="n">${spread(synthetic)}</td><td class="n">${spread(real)}${leftOut > 0 && html`<small>${counted(leftOut, 'pair')} of one patient, or duplicates, left out</small>`}</td><td class="n">${fixed(mean(dice))}<small>mean; least ${fixed(worst)}</small></td></tr>
`;
}
