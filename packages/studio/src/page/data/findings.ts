/** Problems and duplicates as one list, errors first. */
import type { DataTable, Problem } from '../../api.ts';

export interface Finding extends Pick<Problem, 'severity' | 'message' | 'mends'> {
  readonly key: string;
}

export function findingsOf({ problems, duplicates }: DataTable): Finding[] {
  const twins = duplicates.map(({ ids: [a, b], kind, crosses, mends }): Finding => {
    const alike = kind === 'exact' ? 'are the same image' : 'look nearly the same';
    const reason = crosses.includes('splits')
      ? ', one trains and the other tests: the score would be too good'
      : crosses.includes('patients')
        ? ', under two patients: they may land on both sides of a split'
        : '';
    return {
      key: `${a}/${b}`,
      severity: crosses.includes('splits') ? 'error' : 'warning',
      message: `${a} and ${b} ${alike}${reason}.`,
      mends,
    };
  });
  const own = problems.map((problem, i) => ({ ...problem, key: `${i} ${problem.message}` }));
  const all = [...own, ...twins];
  return [
    ...all.filter(({ severity }) => severity === 'error'),
    ...all.filter(({ severity }) => severity === 'warning'),
  ];
}
