/** In which arithmetic images are predicted: bfloat16 where it is faster here and gives the same masks. */
import { autocast, type Device } from '@genseg/torch';
import { confusion, dice } from '../metrics/index.ts';

export type Precision = 'fp32' | 'bf16' | 'auto';

/** Runs a prediction in the arithmetic that was chosen. */
export type Run = <T>(body: () => T) => T;

export interface Choice {
  readonly precision: 'fp32' | 'bf16';
  /** The lowest Dice between masks in bfloat16 and in float32 over the first images; null where not compared. */
  readonly agreement: number | null;
  /** How many times faster bfloat16 was; null where not measured. */
  readonly speedup: number | null;
}

/** Below this Dice masks do not count as the same. */
const sameFrom = 0.99;
/** What rounding may cost is not worth less than this. */
const worthwhile = 1.1;
/** Alternating, so that what else the machine does falls on both. */
const turns = 3;

/**
 * @param trial predicts a few images, in one view. @param options.now seconds, for measuring.
 * @param options.device where the model is.
 */
export function choosePrecision(
  wanted: Precision,
  trial: () => readonly { mask: Uint8Array }[],
  { device, now = () => performance.now() / 1000 }: { device: Device; now?: () => number },
): Choice {
  if (wanted === 'fp32') return { precision: 'fp32', agreement: null, speedup: null };
  const [full, half] = [runIn('fp32', device), runIn('bf16', device)];
  const [exact, rounded] = [full(trial), half(trial)]; // also warms up
  const agreement = Math.min(...exact.map(({ mask }, i) => sameness(mask, rounded[i].mask)));
  if (wanted === 'bf16') return { precision: 'bf16', agreement, speedup: null };
  const best = { full: Number.POSITIVE_INFINITY, half: Number.POSITIVE_INFINITY };
  for (let turn = 0; turn < turns; turn++) {
    for (const [name, run] of [['full', full] as const, ['half', half] as const]) {
      const start = now();
      run(trial);
      best[name] = Math.min(best[name], now() - start);
    }
  }
  const speedup = best.full / best.half;
  const good = speedup >= worthwhile && agreement >= sameFrom;
  return { precision: good ? 'bf16' : 'fp32', agreement, speedup };
}

export const runIn =
  (precision: Choice['precision'], device: Device): Run =>
  (body) =>
    autocast(body, { device, enabled: precision === 'bf16' });

/** The lowest Dice of a class that either mask has; 1 where neither has any. */
function sameness(a: Uint8Array, b: Uint8Array): number {
  const there = new Uint8Array(256);
  for (const mask of [a, b]) for (const id of mask) there[id] = 1;
  const ids = [...there.keys()].filter((id) => id > 0 && there[id] === 1);
  return Math.min(1, ...ids.map((id) => dice(confusion(a, b, id))));
}

/** In words. */
export function choiceText({ precision, agreement, speedup }: Choice): string {
  const same = `Dice ${agreement?.toFixed(4)} between masks in bf16 and in fp32`;
  const times = speedup === null ? '' : `, ${speedup.toFixed(1)} times as fast in bf16`;
  return `${precision}: ${same}${times}, on the first images`;
}
