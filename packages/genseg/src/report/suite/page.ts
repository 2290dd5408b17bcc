/** report.html of a suite: verdict, dot plots per task, labels against Dice, cost, failures, commands. */
import { commandText, type SuiteResults } from '../../suite/index.ts';
import { counted, duration, fixed, pValue, signed } from '../format.ts';
import { type Content, Html, html } from '../page/html.ts';
import { section } from '../page/page-run.ts';
import { page } from '../page/shell.ts';
import { type Axis, extent, roundAxis } from '../svg/axis.ts';
import { lineChart } from '../svg/line-chart.ts';
import { strip, stripAxis } from '../svg/strip-plot.ts';
import { kindOf } from '../verdict.ts';
import { methodWords } from '../words.ts';
import type { Analysis, Contrast, Group, MethodScore, SetAnalysis } from './analysis.ts';
import { type Efficiency, efficiencies, type Saving, savings, savingText } from './efficiency.ts';
import { groupTitle, titles } from './markdown.ts';
import { fewestLabels, inDomain, suiteVerdict } from './verdict.ts';

export function suitePage(results: SuiteResults, analysis: Analysis): Html {
  const { suite } = results;
  return page(
    suite,
    html`${head(results, analysis)}
${scores(results, analysis)}
${efficiency(results, analysis)}
${cost(results, analysis)}
${failures(analysis)}
${commands(results)}`,
  );
}

/** Methods keep their colours over the page. */
const colourOf = ({ methods }: SuiteResults, method: string): string => {
  const known = ['plain', 'augment', 'separate', 'genseg'];
  const others = methods.filter((name) => !known.includes(name));
  const slot = known.indexOf(method);
  return `var(--run-${slot >= 0 ? slot : 4 + (others.indexOf(method) % 6)})`;
};

const methodLabel = (results: SuiteResults, method: string): Html =>
  html`<span class="run"><i style="background:${colourOf(results, method)}"></i>${methodWords(method).label}</span>`;

function head(results: SuiteResults, analysis: Analysis): Html {
  const { suite, subject, date, machine, cells, methods } = results;
  const verdict = suiteVerdict(analysis, subject);
  return html`<header>
<p class="over">GenSeg report of a suite</p>
<h1>${suite}</h1>
<p class="lead">${counted(cells.length, 'training')} by ${counted(methods.length, 'method')}, each with the same number of segmentation steps from the same labelled images of its draw. On ${machine}, ${date}.</p>
</header>
${
  verdict &&
  html`<div class="verdict ${verdict.kind.replaceAll(' ', '-')}">
<p class="headline">${titles[verdict.kind]}</p>
<p>${verdict.sentences.join(' ')}</p>
</div>
`
}`;
}

function scores(results: SuiteResults, { groups }: Analysis): Content {
  if (groups.length === 0) return null;
  const least = fewestLabels(groups);
  return section(
    'Scores',
    'In the plots every dot is a draw of the labelled images, the upright line their mean, and the bar the 95 % interval over ' +
      'test patients. The spread of the draws and that of the cases are two kinds of chance. "Helped" and "did not help" need ' +
      'the interval of the paired difference and the Wilcoxon test, corrected for all comparisons of this report (Holm), to agree.',
    groups.map(
      (group) => html`<h3>${groupTitle(group, groups)}</h3>
${sideBySide(group, results)}
${group.sets.map((set) => contrastTable(set, group, { results, open: least.includes(group) }))}
`,
    ),
  );
}

/** In and out of domain beside each other, each on an axis of its own. */
function sideBySide({ sets }: Group, results: SuiteResults): Html {
  const axes = sets.map(({ methods }) =>
    roundAxis(extent(methods.flatMap(({ draws, interval }) => [...draws, ...interval])), 4),
  );
  const names = [...new Set(sets.flatMap(({ methods }) => methods.map(({ method }) => method)))];
  const cell = (score: MethodScore | undefined, axis: Axis): Content =>
    score
      ? html`<td class="n main">${fixed(score.mean)}<small>${score.interval.map((end) => fixed(end)).join('–')}</small></td><td class="plot">${dots(score, axis, results)}</td><td class="n">${fixed(score.drawSpread)}<small>${fixed(score.caseSpread)}</small></td>`
      : html`<td colspan="3">–</td>`;
  return html`<div class="wide"><table class="scores">
<thead><tr><th>Method</th>${sets.map(({ set, cases }) => html`<th class="n">Dice</th><th>${set} <small>${inDomain(set) ? 'in domain' : 'out of domain'}, ${counted(cases, 'case')}</small></th><th class="n">sd of draws<small>of cases</small></th>`)}</tr></thead>
<tbody>
${names.map(
  (name) =>
    html`<tr><th scope="row">${methodLabel(results, name)}</th>${sets.map(({ methods }, i) =>
      cell(
        methods.find(({ method }) => method === name),
        axes[i],
      ),
    )}</tr>
`,
)}</tbody>
<tfoot><tr><td></td>${axes.map((axis) => html`<td></td><td class="plot">${stripAxis(axis)}</td><td></td>`)}</tr></tfoot>
</table></div>`;
}

const dots = ({ method, mean, interval, draws }: MethodScore, axis: Axis, results: SuiteResults) =>
  strip({
    description: `Dice of ${methodWords(method).label}: ${draws.map((dice) => fixed(dice)).join(', ')}; 95 % interval over patients ${interval.map((end) => fixed(end)).join(' to ')}`,
    axis,
    colour: colourOf(results, method),
    values: draws,
    mean,
    interval,
  });

function contrastTable(
  { set, contrasts }: SetAnalysis,
  { seeds }: Group,
  { results, open }: { results: SuiteResults; open: boolean },
): Content {
  if (contrasts.length === 0) return null;
  const ends = contrasts.flatMap(({ ci95, difference }) => [...ci95, difference]);
  const [, far] = extent(ends.map(Math.abs));
  const axis = roundAxis([-far, far], 4);
  const cautions = new Set(contrasts.flatMap(({ caution }) => caution ?? []));
  return html`<details${open && new Html(' open')}><summary>${set}: ${methodWords(results.subject).label} compared with each other method</summary>
<div class="wide"><table class="scores">
<thead><tr><th>Compared with</th><th class="n">Difference in Dice</th><th>Its 95 % interval</th><th class="n">Wilcoxon, Holm</th><th class="n">Draws won</th><th></th></tr></thead>
<tbody>
${contrasts.map((contrast) => contrastRow(contrast, { axis, draws: seeds.length, results }))}</tbody>
<tfoot><tr><td></td><td></td><td class="plot">${stripAxis(axis)}</td><td colspan="3"></td></tr></tfoot>
</table></div>
${[...cautions].map((caution) => html`<p class="caution">${caution}</p>`)}
</details>
`;
}

const tones = { helped: 'pass', 'did not help': 'fail', 'cannot tell': '' } as const;

function contrastRow(
  contrast: Contrast,
  { axis, draws, results }: { axis: Axis; draws: number; results: SuiteResults },
): Html {
  const { other, difference, ci95, p, won } = contrast;
  const kind = kindOf(contrast);
  const plot = strip({
    description: `${results.subject} minus ${other}: ${signed(difference)}, 95 % interval ${ci95.map((end) => signed(end)).join(' to ')}`,
    axis,
    colour: 'var(--ink)',
    mean: difference,
    interval: ci95,
  });
  return html`<tr><th scope="row">${methodLabel(results, other)}</th><td class="n main">${signed(difference)}<small>${ci95.map((end) => signed(end)).join(' to ')}</small></td><td class="plot">${plot}</td><td class="n">${pValue(p)}</td><td class="n">${won} of ${draws}</td><td class="${tones[kind]}">${kind}</td></tr>
`;
}

function efficiency(results: SuiteResults, { groups }: Analysis): Content {
  const found = efficiencies(groups);
  if (found.length === 0) return null;
  const { label } = methodWords(results.subject);
  return section(
    'Labels against Dice',
    `Means over the draws. Below, how many labels each method needs for the score that ${label} has with the fewest; between two ` +
      'numbers of labels Dice is taken to be linear in their logarithm.',
    html`<p class="legend">${results.methods.map((method) => methodLabel(results, method))}</p>
<div class="grid">${found.map(
      (one) => html`<figure><figcaption>${efficiencyTitle(one, found)}</figcaption>
${lineChart({
  description: `Dice against labels: ${[...one.curves.keys()].join(', ')}`,
  series: [...one.curves].map(([method, points]) => ({
    ...{ name: methodWords(method).label, colour: colourOf(results, method), points },
  })),
  unit: 'labelled images',
})}
</figure>
`,
    )}</div>
${savingsTable(found, results)}`,
  );
}

function efficiencyTitle(
  { task, set, model, variant }: Efficiency,
  all: readonly Efficiency[],
): string {
  const several = (of: (one: Efficiency) => string) => new Set(all.map(of)).size > 1;
  return [
    task,
    inDomain(set) ? 'in domain' : `on ${set}`,
    several((one) => one.model) && model,
    several((one) => one.variant) && variant,
  ]
    .filter((part) => part !== false)
    .join(', ');
}

/** A row for each method, a column for each task and test set. */
function savingsTable(found: readonly Efficiency[], results: SuiteResults): Content {
  const { subject, methods } = results;
  const columns = found.flatMap((one) => {
    const list = savings(one, subject);
    return list.length > 0 ? [{ title: efficiencyTitle(one, found), list }] : [];
  });
  if (columns.length === 0) return null;
  const others = methods.filter((method) =>
    columns.some(({ list }) => list.some(({ other }) => other === method)),
  );
  const cell = (list: readonly Saving[], method: string) => {
    const saving = list.find(({ other }) => other === method);
    return html`<td class="n">${saving ? savingText(saving) : '–'}</td>`;
  };
  return html`<div class="wide"><table>
<thead><tr><th>Labels for the Dice of ${methodWords(subject).label}</th>${columns.map(({ title, list: [{ dice, labels }] }) => html`<th class="n">${title}<small>${fixed(dice)} at ${labels}</small></th>`)}</tr></thead>
<tbody>
${others.map(
  (
    method,
  ) => html`<tr><th scope="row">${methodLabel(results, method)}</th>${columns.map(({ list }) => cell(list, method))}</tr>
`,
)}</tbody>
</table></div>`;
}

const cost = (results: SuiteResults, { costs }: Analysis): Content =>
  costs.length > 0 &&
  section(
    'Cost',
    'Of one training. Time is that of training alone, the median over the trainings of the row: those of the method that took as many steps and images; cells that ran side by side slowed each other down.',
    html`<div class="wide"><table>
<thead><tr><th>Method</th><th class="n">Segmentation steps</th><th class="n">Images seen</th><th class="n">Generator steps</th><th class="n">Training time</th></tr></thead>
<tbody>
${costs.map(
  ({ method, steps, images, generatorSteps, seconds }) =>
    html`<tr><th scope="row">${methodLabel(results, method)}</th><td class="n">${steps}</td><td class="n">${images}</td><td class="n">${generatorSteps || '–'}</td><td class="n">${duration(seconds)}</td></tr>
`,
)}</tbody>
</table></div>`,
  );

const failures = ({ failures }: Analysis): Content =>
  failures.length > 0 &&
  section(
    'Failures',
    'Cells that ended without a result, with the last thing they said. genseg bench tries them again.',
    html`<dl>${failures.map(({ id, error }) => html`<div class="long"><dt>${id}</dt><dd>${error}</dd></div>`)}</dl>`,
  );

function commands({ cells }: SuiteResults): Content {
  const known = cells.flatMap(({ record }) => (record ? [commandText(record.command)] : []));
  return (
    known.length > 0 &&
    section(
      'To repeat it',
      'The command of each cell. It gives the same bits again on the same machine with the same number of threads, in the precision and image layout that the run’s plan.json names.',
      html`<details><summary>${counted(known.length, 'command')}</summary><pre><code>${known.join('\n')}</code></pre></details>`,
    )
  );
}
