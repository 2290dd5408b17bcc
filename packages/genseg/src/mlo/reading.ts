/** Numbers that a device may still be computing: who asks for one waits for it, and nobody else does. */
import { keep, type Tensor } from '@genseg/torch';

/** Reads the number; later calls give the same. */
export type Reading = () => number;

/**
 * The only element of a tensor, which may go with its scope.
 * @param later whether reading is left until it is asked for; otherwise it is done at once, which is free on a CPU.
 */
export function reading(scalar: Tensor, later = scalar.device !== 'cpu'): Reading {
  if (!later) {
    const value = scalar.item() as number;
    return () => value;
  }
  const kept = keep(scalar.detach());
  let value: number | null = null;
  return () => {
    if (value === null) {
      value = kept.item() as number;
      kept.dispose();
    }
    return value;
  };
}

/** Their mean. @param readings at least one. */
export const meanOf =
  (readings: readonly Reading[]): Reading =>
  () =>
    readings.reduce((sum, read) => sum + read(), 0) / readings.length;
