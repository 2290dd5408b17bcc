/** profile.md: a profile as tables, by stage and by operator. What made it is profile.ts's business. */
import type { OperatorTotal, ProfileResult } from '@genseg/torch';
import type { Plan } from '../train/index.ts';

/** Problems by the paper's levels. */
const levels: Readonly<Record<string, string>> = {
  discriminator: 'I',
  generator: 'I',
  segmentation: 'II',
  architecture: 'III',
};

const levelOf = (stage: string): string =>
  stage
    .split('/')
    .map((part) => levels[part])
    .find(Boolean) ?? '';

/** Operators shown for each stage, beside those with FLOPs; the rest are one row. */
const most = 15;

const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
const flopsOf = (rows: readonly OperatorTotal[]) => sum(rows.map(({ flops }) => flops ?? 0));
const selfOf = (rows: readonly OperatorTotal[]) => sum(rows.map(({ self }) => self));

const milliseconds = (microseconds: number) => (microseconds / 1e3).toFixed(2);
const percent = (part: number, whole: number) =>
  whole > 0 ? `${((100 * part) / whole).toFixed(1)} %` : '';
const giga = (flops: number) => (flops > 0 ? (flops / 1e9).toFixed(3) : '');
const rate = (flops: number, microseconds: number) =>
  flops > 0 && microseconds > 0 ? (flops / 1e3 / microseconds).toFixed(1) : '';
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'));
  return [head, rule, ...rows].map(line).join('\n');
}

/** Calls of one name in several stages, as one. */
function merged(rows: readonly OperatorTotal[]): OperatorTotal[] {
  const byName = new Map<string, OperatorTotal[]>();
  for (const row of rows) {
    const same = byName.get(row.name);
    if (same) same.push(row);
    else byName.set(row.name, [row]);
  }
  return [...byName.values()]
    .map((same) => ({
      ...same[0],
      calls: sum(same.map(({ calls }) => calls)),
      total: sum(same.map(({ total }) => total)),
      self: selfOf(same),
      flops: same.every(({ flops }) => flops === null) ? null : flopsOf(same),
      bytes: sum(same.map(({ bytes }) => bytes)),
    }))
    .sort((a, b) => b.self - a.self);
}

function operatorTable(rows: readonly OperatorTotal[]): string {
  const whole = selfOf(rows);
  const sorted = [...rows].sort((a, b) => b.self - a.self);
  const shown = sorted.filter(({ flops }, i) => i < most || flops !== null);
  const rest = sorted.filter(({ flops }, i) => i >= most && flops === null);
  const cells = shown.map(({ name, kind, calls, self, total, flops, bytes }) => [
    kind === 'range' ? '(outside of operators)' : `\`${name}\``,
    String(calls),
    milliseconds(self),
    percent(self, whole),
    milliseconds(total),
    giga(flops ?? 0),
    rate(flops ?? 0, total),
    kind === 'range' ? '' : megabytes(bytes),
  ]);
  if (rest.length > 0) {
    const calls = String(sum(rest.map((row) => row.calls)));
    const self = selfOf(rest);
    const numbers = [milliseconds(self), percent(self, whole), '', '', '', ''];
    cells.push([`${rest.length} others`, calls, ...numbers]);
  }
  return table(
    ['operator', 'calls', 'self ms', 'share', 'total ms', 'GFLOP', 'GFLOP/s', 'MB'],
    cells,
  );
}

export function profileText(
  { operators, dropped }: ProfileResult,
  run: { plan: Plan; windows: Readonly<Record<string, { from: number; to: number }>> },
): string {
  const { plan, windows } = run;
  const byStage = new Map<string, OperatorTotal[]>();
  for (const one of operators) byStage.set(one.stage, [...(byStage.get(one.stage) ?? []), one]);
  const stages = [...byStage]
    .map(([stage, rows]) => ({ stage, rows, self: selfOf(rows), flops: flopsOf(rows) }))
    .sort((a, b) => b.self - a.self);
  const whole = selfOf(operators);
  const summary = stages.map(({ stage, rows, self, flops }) => [
    stage,
    levelOf(stage),
    String(rows.find(({ kind }) => kind === 'range')?.calls ?? ''),
    milliseconds(self),
    percent(self, whole),
    giga(flops),
    rate(flops, self),
  ]);
  const looked = Object.entries(windows)
    .filter(([, { from, to }]) => to > from)
    .map(([name, { from, to }]) => `${name} ${from + 1}${to > from + 1 ? ` to ${to}` : ''}`);
  return `# Profile

Method ${plan.method}, model ${plan.model}, ${plan.size} px, ${plan.device}, ${plan.precision}, ${plan.threads} threads.
Looked at: ${looked.join(', ')}, counted from where this process began; ${milliseconds(whole)} ms in all.

## Stages

A stage's time and FLOPs are without those of the stages within it. I, II and III are the paper's levels.

${table(['stage', 'level', 'times', 'ms', 'share', 'GFLOP', 'GFLOP/s'], summary)}

## All operators

${operatorTable(merged(operators.filter(({ kind }) => kind === 'operator')))}

${stages.map(({ stage, rows }) => `## ${stage || '(no stage)'}\n\n${operatorTable(rows)}`).join('\n\n')}

## What the columns say

- Self time is without the operators that an operator calls, total time with them.
- FLOPs are those of convolutions and matrix products, from their shapes, two for each multiply-add; other
  operators have none here. They stand at the outermost such operator: \`convolution\`, not the kernel that
  it calls. GFLOP/s is by total time, in the table of stages by the stage's own.
- MB is the size of all tensors given and returned, whether or not they were read: a view moves none of it,
  and an operator that calls another shows the same bytes as that one.
- On CUDA, operators are queued: their times are those of queueing. Recording costs some microseconds a call.
${dropped > 0 ? `- The trace lacks the last ${dropped} calls; these tables have all.\n` : ''}`;
}
