/** report.md of a suite: the same as its page, for those who read text. */
import type { SuiteResults } from '../../suite/index.ts';
import { commandText } from '../../suite/index.ts';
import { counted, duration, fixed, pValue, signed } from '../format.ts';
import { kindOf } from '../verdict.ts';
import { methodWords } from '../words.ts';
import type { Analysis, Group, SetAnalysis } from './analysis.ts';
import { efficiencies, savings, savingText } from './efficiency.ts';
import { inDomain, suiteVerdict } from './verdict.ts';

export function suiteMarkdown(results: SuiteResults, analysis: Analysis): string {
  const { suite, subject, date, machine, cells } = results;
  const verdict = suiteVerdict(analysis, subject);
  return [
    `# Evidence: ${suite}`,
    `Written by \`genseg report\` on ${machine}, ${date}, from ${cells.length - analysis.missing} of the suite’s ${counted(cells.length, 'cell')}. Every cell is one ` +
      '`genseg train`; all methods take the same number of segmentation steps from the same labelled images. Scores are ' +
      'Dice at the images’ own size.',
    ...(verdict ? [`**${titles[verdict.kind]}.** ${verdict.sentences.join(' ')}`] : []),
    ...analysis.groups.flatMap((group) => groupSection(group, results, analysis.groups)),
    ...efficiencySection(analysis, subject),
    '## Cost',
    table(
      ['method', 'segmentation steps', 'images seen', 'generator steps', 'median training time'],
      analysis.costs.map(({ method, steps, images, generatorSteps, seconds }) => [
        ...[method, String(steps), String(images), String(generatorSteps), duration(seconds)],
      ]),
    ),
    ...(analysis.failures.length > 0
      ? [
          '## Failures',
          analysis.failures.map(({ id, error }) => `- \`${id}\`: ${error}`).join('\n'),
        ]
      : []),
    '## Every cell',
    'The command gives the same bits again on the same machine with the same number of threads, in the precision and image layout that the run’s plan.json names.',
    [
      '```sh',
      ...cells.flatMap(({ record }) => (record ? [commandText(record.command)] : [])),
      '```',
    ].join('\n'),
    '',
  ].join('\n\n');
}

export const titles = {
  helped: 'Helped',
  'did not help': 'Did not help',
  'cannot tell': 'Cannot tell',
  mixed: 'It depends on the test set',
} as const;

/** Of a group; model and variant only where the suite has several. */
export function groupTitle(group: Group, groups: readonly Group[]): string {
  const several = (of: (one: Group) => string) => new Set(groups.map(of)).size > 1;
  const { task, labels, model, variant, seeds } = group;
  return [
    `${task}, ${counted(labels, 'labelled image')}`,
    several((one) => one.model) && model,
    several((one) => one.variant) && variant,
    counted(seeds.length, 'draw'),
  ]
    .filter((part) => part !== false)
    .join(', ');
}

function groupSection(group: Group, { subject }: SuiteResults, groups: readonly Group[]): string[] {
  return [
    `## ${groupTitle(group, groups)}`,
    ...group.sets.flatMap((set) => setSection(set, subject, group.seeds.length)),
  ];
}

function setSection(
  { set, cases, methods, contrasts }: SetAnalysis,
  subject: string,
  draws: number,
): string[] {
  return [
    `### Test set \`${set}\`, ${counted(cases, 'case')}, ${inDomain(set) ? 'in domain' : 'out of domain'}`,
    table(
      ['method', 'Dice [95 % over patients]', 'draws', 'sd over draws', 'sd over cases'],
      methods.map(({ method, mean, interval, draws, drawSpread, caseSpread }) => [
        method,
        `${fixed(mean)} [${interval.map((end) => fixed(end)).join(', ')}]`,
        draws.map((dice) => fixed(dice)).join(' '),
        fixed(drawSpread),
        fixed(caseSpread),
      ]),
    ),
    ...(contrasts.length > 0
      ? [
          table(
            ['paired difference', 'Dice [95 % over patients]', 'Wilcoxon, Holm', 'draws won', ''],
            contrasts.map((contrast) => [
              `${subject} - ${contrast.other}`,
              `${signed(contrast.difference)} [${contrast.ci95.map((end) => signed(end)).join(', ')}]`,
              pValue(contrast.p),
              `${contrast.won} of ${draws}`,
              kindOf(contrast),
            ]),
          ),
        ]
      : []),
    ...new Set(contrasts.flatMap(({ caution }) => caution ?? [])),
  ];
}

function efficiencySection({ groups }: Analysis, subject: string): string[] {
  const rows = efficiencies(groups).flatMap((one) =>
    savings(one, subject).map((saving) => [
      ...[one.task, one.set],
      `${fixed(saving.dice)} at ${saving.labels}`,
      saving.other,
      savingText(saving),
    ]),
  );
  if (rows.length === 0) return [];
  const { label } = methodWords(subject);
  return [
    `## Labels for the score of ${label}`,
    table(['task', 'test set', `${subject}, labels`, 'method', 'labels for the same Dice'], rows),
  ];
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
