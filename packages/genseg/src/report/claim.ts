/**
 * CLAIM.md: the checklist for studies of artificial intelligence in medical imaging (Tejani et al. 2024,
 * "Checklist for Artificial Intelligence in Medical Imaging (CLAIM): 2024 Update", doi 10.1148/ryai.240300),
 * item by item, with what the run folder knows. Where it knows nothing it says so, and the author fills it in.
 * The items are named in our own short words. Long because each of the 44 has its line.
 */
import { writeFileAtomic } from '../run/index.ts';
import { averaging, chosenWeights, trainingFacts } from './facts.ts';
import { counted, fixed } from './format.ts';
import { type RunRecord, readRun } from './run-record.ts';
import { trustSentences } from './trust-text.ts';
import { methodWords, sizeOf } from './words.ts';

/** Writes the checklist into the run's folder. */
export function writeClaim(root: string): void {
  const run = readRun(root);
  writeFileAtomic(run.paths.claim, claim(run));
}

type Answer = (run: RunRecord) => string | null | undefined | false;
type Item = readonly [title: string, answer?: Answer];

const unknown = 'Not known to the software; to be filled in.';

function claim(run: RunRecord): string {
  let number = 0;
  const parts = sections.map(([title, items]) => {
    const rows = items.map(([item, answer]) => {
      number += 1;
      return `| ${number} | ${item} | ${oneLine(answer?.(run) || unknown)} |`;
    });
    return [`## ${title}\n`, '| | item | this run |', '|---|---|---|', ...rows].join('\n');
  });
  return [
    '# CLAIM checklist, 2024',
    'After Tejani et al. 2024, doi 10.1148/ryai.240300; the items in short. Filled with what the run folder knows: ' +
      'check it, and complete the rest.',
    ...parts,
    '',
  ].join('\n\n');
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');

const decision =
  (...names: string[]): Answer =>
  ({ plan }) =>
    plan?.decisions
      .filter(({ name }) => names.includes(name))
      .map(({ name, value, reason }) => `${name}: ${value} (${reason}).`)
      .join(' ');

const sentence =
  (beginning: string, fact: (run: RunRecord) => string | null): Answer =>
  (run) => {
    const found = fact(run);
    return found && `${beginning} ${found}.`;
  };

const external = ({ sets }: RunRecord): string[] =>
  [...sets.keys()].filter((set) => set !== 'test');

const scored = (run: RunRecord, names: readonly string[]): string =>
  names
    .flatMap((name) => {
      const set = run.sets.get(name);
      if (!set) return [];
      const [low, high] = set.ci95.dice;
      return `${name}: mean Dice ${fixed(set.mean.dice)} (95 % interval ${fixed(low)} to ${fixed(high)}), ${sizeOf(set)}.${(set.warnings ?? []).map((text) => ` ${text}.`).join('')}`;
    })
    .join(' ');

const sections: readonly (readonly [string, readonly Item[]])[] = [
  [
    'Title and abstract',
    [
      [
        'Says that it is a study of AI, and of which kind',
        ({ method }) =>
          `Deep learning for segmentation; method ${methodWords(method).label}, which ${methodWords(method).sentence}.`,
      ],
      ['Structured summary of design, methods, results and conclusions'],
    ],
  ],
  [
    'Introduction',
    [['Background, with the intended use and role of the AI'], ['Aims, objectives and hypotheses']],
  ],
  ['Methods: study design', [['Prospective or retrospective'], ['Goal of the study']]],
  [
    'Methods: data',
    [
      [
        'Sources of the data',
        ({ manifest }) =>
          manifest &&
          `${counted(manifest.cases.length, 'image')} from the folder named in manifest.json (${manifest.layout}); every file with its SHA-256. Origin, dates and permissions: to be filled in.`,
      ],
      ['Who was included and excluded'],
      [
        'Preprocessing',
        (run) =>
          run.manifest &&
          [
            decision('image size')(run),
            `Found in the files: ${run.manifest.inferred.join('; ')}.`,
            'Images are scaled to 0..1.',
          ]
            .filter(Boolean)
            .join(' '),
      ],
      [
        'Selection of subsets of the data',
        ({ splits, manifest }) =>
          splits &&
          manifest &&
          `${splits.train.length + splits.validation.length} labelled cases were drawn by the run's seed out of ${manifest.cases.length - splits.test.length}; splits.json names them.`,
      ],
      ['De-identification'],
      [
        'Missing data',
        ({ manifest }) => {
          const none = manifest?.cases.filter(({ masks }) => masks.length === 0).length;
          return none === undefined
            ? null
            : `${counted(none, 'image')} without a mask, not used for training or scores.`;
        },
      ],
      ['Acquisition of the images'],
    ],
  ],
  [
    'Methods: reference standard',
    [
      [
        'How the reference standard was obtained',
        ({ manifest }) =>
          manifest &&
          `Masks of the classes ${manifest.classes.join(', ')}; how they were drawn: to be filled in.`,
      ],
      ['Why this reference standard'],
      ['Who annotated, and with what qualification'],
      ['Annotation of the test set'],
      ['Agreement between and within raters'],
    ],
  ],
  [
    'Methods: partitions',
    [
      [
        'How cases were assigned to partitions',
        ({ splits, settings }) =>
          splits &&
          `${splits.train.length} for training, ${splits.validation.length} for validation, ${splits.test.length} for testing, by seed ${settings.seed?.value} or as the data set divides them.`,
      ],
      [
        'At which level partitions are disjoint',
        ({ manifest }) =>
          manifest &&
          (manifest.cases.some(({ patient }) => patient !== null)
            ? 'By patient: no patient is in two partitions.'
            : 'By image: the data set names no patients.'),
      ],
      ['Intended sample size'],
    ],
  ],
  [
    'Methods: model and training',
    [
      [
        'The model in detail',
        (run) =>
          run.plan &&
          [
            decision('model')(run),
            'Its width and image size are in plan.json, its weights in checkpoints/best.',
          ]
            .filter(Boolean)
            .join(' '),
      ],
      [
        'Software',
        ({ environment }) =>
          environment &&
          `genseg ${environment.genseg.version}${environment.genseg.commit ? ` (${environment.genseg.commit})` : ''}, Node ${environment.node}, ${environment.os}; LibTorch and the machine in environment.json.`,
      ],
      [
        'First values of the parameters',
        (run) =>
          decision('weights')(run) ||
          (run.plan && `Drawn at random from seed ${run.settings.seed?.value}.`),
      ],
      ['Training', trainingFacts],
      ['Choice of the final model', sentence('The weights are', chosenWeights)],
      ['Ensembles', sentence('None; the weights are', averaging)],
    ],
  ],
  [
    'Methods: evaluation',
    [
      [
        'Metrics',
        ({ sets }) =>
          sets.size > 0 &&
          'Dice, Jaccard, precision, recall, HD95, ASSD and NSD, for each case and class, at the images’ own sizes.',
      ],
      [
        'Statistical uncertainty and significance',
        ({ sets }) =>
          sets.size > 0 &&
          '95 % intervals by bootstrap over patients; models are compared by Wilcoxon’s signed-rank test, corrected by Holm.',
      ],
      ['Robustness', (run) => trustSentences(run).join(' ')],
      [
        'Explanation of what the model does',
        ({ sets }) =>
          sets.size > 0 &&
          'Overlays of the predictions, and maps of uncertainty by genseg predict --uncertainty.',
      ],
      ['Evaluation on internal data', (run) => scored(run, ['test'])],
      ['Evaluation on external data', (run) => scored(run, external(run))],
      ['Registration of the trial'],
    ],
  ],
  [
    'Results',
    [
      [
        'Numbers of patients and images, included and excluded',
        ({ manifest }) =>
          manifest &&
          `${counted(manifest.cases.length, 'image')} of ${counted(new Set(manifest.cases.map(({ group }) => group)).size, 'patient or group')}. Exclusions: to be filled in.`.replace(
            'patient or groups',
            'patients or groups',
          ),
      ],
      ['Demographic and clinical characteristics in each partition'],
      [
        'Performance on all partitions, with its uncertainty',
        (run) => scored(run, [...run.sets.keys()]),
      ],
      ['Diagnostic performance and its precision'],
      [
        'Analysis of failures',
        ({ sets }) =>
          sets.size > 0 &&
          'The cases with the lowest Dice are drawn in report.html; every case is in eval/<set>/cases.csv. Their causes: to be filled in.',
      ],
    ],
  ],
  [
    'Discussion',
    [
      [
        'Limitations',
        () => 'What is known stands in MODEL_CARD.md under Limits; the rest is to be filled in.',
      ],
      ['Implications for practice'],
    ],
  ],
  [
    'Other information',
    [
      ['Protocol or further technical details', () => 'plan.json and events.jsonl of the run.'],
      [
        'Availability of software, model and data',
        ({ environment }) =>
          environment &&
          `genseg ${environment.genseg.version}, Apache-2.0. Model and data: to be filled in.`,
      ],
      ['Funding, and the role of the funders'],
    ],
  ],
];
