/** Whether the subject helped, in words: of each comparison, and one honest paragraph about all of them. */
import { counted, signed } from '../format.ts';
import { type Kind, kindOf, rivalOf } from '../verdict.ts';
import { inSentence, list, methodWords } from '../words.ts';
import { type Analysis, type Contrast, type Group, mean } from './analysis.ts';

/** The groups with the fewest labels of each task, variant and model: where labels are to be saved. */
export function fewestLabels(groups: readonly Group[]): Group[] {
  const key = ({ task, variant, model }: Group) => JSON.stringify([task, variant, model]);
  return groups.filter(
    (group) => !groups.some((other) => key(other) === key(group) && other.labels < group.labels),
  );
}

/** What differs from these in the generator alone. */
const control = 'duplicate';
const generating: readonly string[] = ['genseg', 'separate'];

export interface SuiteVerdict {
  readonly kind: Kind | 'mixed';
  /** The method that decides: strong augmentation, where it took part. */
  readonly rival: string;
  readonly sentences: readonly string[];
}

/** @returns null where there is nothing to compare with. */
export function suiteVerdict(analysis: Analysis, subject: string): SuiteVerdict | null {
  const least = fewestLabels(analysis.groups);
  const found = least.flatMap((group) =>
    group.sets.flatMap(({ set, contrasts }) =>
      contrasts.map((contrast) => ({ group, set, contrast })),
    ),
  );
  const others = [...new Set(found.map(({ contrast }) => contrast.other))];
  const rival = rivalOf(others.map((method) => ({ method, dice: meanOf(method, least) })))?.method;
  if (rival === undefined) return null;
  const kindsBeside = (method: string) =>
    found
      .filter(({ contrast }) => contrast.other === method)
      .map(({ contrast }) => kindOf(contrast));
  const kinds = kindsBeside(rival);
  const name = methodWords(subject).label;
  const labels = [...new Set(least.map((group) => group.labels))].sort((a, b) => a - b);
  return {
    kind: kinds.every((kind) => kind === kinds[0]) ? kinds[0] : 'mixed',
    rival,
    sentences: [
      `At ${labels.join(' or ')} labelled images, beside ${inSentence(methodWords(rival).label)}, ${name} ${outcome(kinds)}.`,
      ...(generating.includes(subject) && others.includes(control) && rival !== control
        ? [
            `Beside ${inSentence(methodWords(control).label)}, real pairs in the places of synthetic ones, which are the control for the generator, it ${outcome(kindsBeside(control))}.`,
          ]
        : []),
      ...averages(
        found,
        others.filter((other) => [rival, 'plain', 'separate', control].includes(other)),
      ),
      ...cautions(analysis, least),
    ],
  };
}

function outcome(kinds: readonly Kind[]): string {
  const count = (wanted: Kind) => kinds.filter((kind) => kind === wanted).length;
  return list([
    `helped on ${count('helped')} of ${counted(kinds.length, 'test set')}`,
    `did worse on ${count('did not help')}`,
    `on ${count('cannot tell')} these draws cannot tell`,
  ]);
}

/** Over all test sets. */
function meanOf(method: string, groups: readonly Group[]): number {
  const scores = groups.flatMap(({ sets }) =>
    sets.flatMap(({ methods }) => methods.filter((one) => one.method === method)),
  );
  return mean(scores.map((score) => score.mean));
}

/** The data's own test set is in domain. */
export const inDomain = (set: string): boolean => set === 'test';

/** Mean differences over the tasks, in points, in and out of domain. */
function averages(
  found: readonly { set: string; contrast: Contrast }[],
  others: readonly string[],
): string[] {
  return [true, false].flatMap((own) => {
    const here = found.filter(({ set }) => inDomain(set) === own);
    if (here.length === 0) return [];
    const parts = others.flatMap((other) => {
      const differences = here
        .filter(({ contrast }) => contrast.other === other)
        .map(({ contrast }) => contrast.difference);
      return differences.length === 0
        ? []
        : [`${signed(100 * mean(differences), 1)} against ${inSentence(methodWords(other).label)}`];
    });
    const where = own ? 'On images like the labelled ones' : 'On images of another source';
    return [`${where} the mean difference in Dice, in points, is ${list(parts)}.`];
  });
}

function cautions({ failures, missing, versions }: Analysis, least: readonly Group[]): string[] {
  const draws = Math.min(...least.map(({ seeds }) => seeds.length));
  return [
    draws < 5 &&
      `With ${counted(draws, 'draw')} of the labelled images, fewer than 5, this says little.`,
    missing > 0 &&
      `${counted(missing, 'cell')} of the suite ${missing === 1 ? 'has' : 'have'} no result yet.`,
    failures.length > 0 && `${counted(failures.length, 'cell')} failed.`,
    versions > 1 && `The results come from ${versions} versions of the code.`,
  ].filter((sentence) => sentence !== false);
}
