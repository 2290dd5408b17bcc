/** Scores per test set: a table with intervals and a dot per case, and the paired differences. */

import { type MetricName, metricNames } from '../../metrics/index.ts';
import { type Contrast, secondLabel } from '../compare-runs.ts';
import { counted, fixed, pValue, signed } from '../format.ts';
import { type SetResult, sameCases } from '../set-result.ts';
import { type Axis, extent, roundAxis } from '../svg/axis.ts';
import { strip, stripAxis } from '../svg/strip-plot.ts';
import { isLength, list, metricTitle, sizeOf } from '../words.ts';
import { type Content, type Html, html } from './html.ts';
import { type PageRun, runLabel, section } from './page-run.ts';

export function scores(runs: readonly PageRun[], contrasts: readonly Contrast[]): Content {
  const sets = [...new Set(runs.flatMap((run) => [...run.sets.keys()]))];
  if (sets.length === 0) return null;
  return section(
    'Scores on test images',
    'Means over cases, with the 95 % interval (bootstrap over patients) below. In the plot every dot is ' +
      'a case, the bar the interval, the upright line the mean.',
    sets.map((set) => setScores(set, runs, contrasts)),
  );
}

function setScores(set: string, all: readonly PageRun[], contrasts: readonly Contrast[]): Html {
  const runs = all.filter((run) => run.sets.has(set));
  const results = runs.map((run) => run.sets.get(set)!);
  const [{ caution }] = results;
  const sizes = new Set(results.map((result) => sizeOf(result, true)));
  const own = contrasts.filter((contrast) => contrast.set === set);
  return html`<h3>${set} <small>${[...sizes].join('; ')}</small></h3>
${scoreTable(runs, results)}
${results[0].classes && classTable(runs, results)}
${own.length > 0 && contrastTable(own, all)}
${caution && html`<p class="caution">${caution}</p>`}
${differing(runs, results)}
${runs.map(({ label }, i) => results[i].warnings?.map((text) => html`<p class="caution">${runs.length > 1 && `${label}: `}${text}.</p>`))}
${unscored(runs, results)}
`;
}

/** Sets of one name may be of different images; the table shows them side by side all the same. */
function differing(runs: readonly PageRun[], results: readonly SetResult[]): Content {
  const [{ cases }] = results;
  if (results.every((one) => sameCases(one.cases, cases))) return null;
  const of = ({ root, cases }: SetResult) =>
    `${counted(cases.length, 'case')}${root === undefined ? '' : ` of ${root}`}`;
  const each = runs.map(({ label }, i) => `${label} on ${of(results[i])}`);
  return html`<p class="caution">Not all were tested on the same images, and only scores on the same images can be compared: ${list(each)}.</p>`;
}

function scoreTable(runs: readonly PageRun[], results: readonly SetResult[]): Html {
  const values = results.flatMap(({ cases }) => cases.map(({ dice }) => dice));
  const axis = roundAxis(extent(values), 4);
  const [{ unit, tolerance }] = results;
  const rest = metricNames.slice(1);
  return html`<div class="wide"><table class="scores">
<thead><tr><th>Model</th><th class="n">Dice</th><th>Dice of each case</th>${rest.map((name) => html`<th class="n">${metricTitle(name, { unit, tolerance })}</th>`)}</tr></thead>
<tbody>
${runs.map((run, i) => {
  const { mean, ci95, cases } = results[i];
  const plot = strip({
    description: `Dice of ${run.label}: mean ${fixed(mean.dice)}, 95 % interval ${fixed(ci95.dice[0])} to ${fixed(ci95.dice[1])}`,
    axis,
    colour: run.colour,
    values: cases.map(({ dice }) => dice),
    mean: mean.dice,
    interval: ci95.dice,
  });
  return html`<tr><th scope="row">${runLabel(run)}</th><td class="n main">${scoreCell(results[i], 'dice')}</td><td class="plot">${plot}</td>${rest.map((name) => html`<td class="n">${scoreCell(results[i], name)}</td>`)}</tr>
`;
})}</tbody>
<tfoot><tr><td></td><td></td><td class="plot">${stripAxis(axis)}</td><td colspan="${rest.length}"></td></tr></tfoot>
</table></div>`;
}

type Means = Pick<SetResult, 'mean' | 'ci95'>;

const decimals = (name: MetricName) => (isLength(name) ? 1 : 3);

const scoreCell = ({ mean, ci95 }: Means, name: MetricName): Html =>
  html`${fixed(mean[name], decimals(name))}<small>${ci95[name].map((end) => fixed(end, decimals(name))).join('–')}</small>`;

function classTable(runs: readonly PageRun[], results: readonly SetResult[]): Html {
  const names = Object.keys(results[0].classes ?? {});
  return html`<div class="wide"><table>
<thead><tr><th>Dice per class</th>${names.map((name) => html`<th class="n">${name}</th>`)}</tr></thead>
<tbody>
${runs.map((run, i) => {
  const cells = names.map((name) => results[i].classes?.[name]);
  return html`<tr><th scope="row">${runLabel(run)}</th>${cells.map((means) => html`<td class="n">${means ? scoreCell(means, 'dice') : '–'}</td>`)}</tr>
`;
})}</tbody>
</table></div>`;
}

function contrastTable(contrasts: readonly Contrast[], runs: readonly PageRun[]): Html {
  const [{ first }] = contrasts;
  const axis = symmetric(contrasts);
  return html`<div class="wide"><table class="scores">
<thead><tr><th>${first.label} compared with</th><th class="n">Difference in Dice</th><th>Its 95 % interval</th><th class="n">Wilcoxon, Holm</th><th class="n">Cases</th></tr></thead>
<tbody>
${contrasts.map((contrast) => {
  const { second, result } = contrast;
  const { colour } = runs.find((run) => run.label === second.label)!;
  const label = runLabel({ label: secondLabel(contrast), colour });
  if (!result) {
    return html`<tr><th scope="row">${label}</th><td colspan="4">Not compared: the two were tested on different cases.</td></tr>
`;
  }
  const { difference, ci95, adjustedP, cases } = result;
  const plot = strip({
    description: `${first.label} minus ${secondLabel(contrast)}: ${signed(difference)}, 95 % interval ${signed(ci95[0])} to ${signed(ci95[1])}`,
    axis,
    colour: 'var(--ink)',
    mean: difference,
    interval: ci95,
  });
  return html`<tr><th scope="row">${label}</th><td class="n main">${signed(difference)}<small>${ci95.map((end) => signed(end)).join(' to ')}</small></td><td class="plot">${plot}</td><td class="n">${pValue(adjustedP)}</td><td class="n">${cases}</td></tr>
`;
})}</tbody>
<tfoot><tr><td></td><td></td><td class="plot">${stripAxis(axis)}</td><td colspan="2"></td></tr></tfoot>
</table></div>`;
}

/** Of all intervals, with zero in the middle. */
function symmetric(contrasts: readonly Contrast[]): Axis {
  const ends = contrasts.flatMap(({ result }) =>
    result ? [...result.ci95, result.difference] : [],
  );
  const [, far] = extent(ends.map(Math.abs));
  return roundAxis([-far, far], 4);
}

/** Cases that the means leave out or that were scored at their worst, said in words. */
function unscored(runs: readonly PageRun[], results: readonly SetResult[]): Content {
  const notes = runs.flatMap(({ label }, i) => {
    const { missed, false: invented, neither } = results[i].presence;
    const found = [
      missed > 0 && `found nothing in ${counted(missed, 'case')} that had something (Dice 0)`,
      invented > 0 && `found something in ${counted(invented, 'case')} that had nothing (Dice 0)`,
      neither > 0 && `rightly found nothing in ${counted(neither, 'case')} (not in the means)`,
    ].filter(Boolean);
    return found.length > 0 ? [`${label} ${found.join('; ')}.`] : [];
  });
  return notes.length > 0 && html`<p class="intro">${notes.join(' ')}</p>`;
}
