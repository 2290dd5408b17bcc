/** Whether probabilities hold: of the pixels called 80 % sure, are 80 % right? */
import type { Calibration } from '../../api.ts';
import { Chart } from '../ui/chart.tsx';
import { percent } from '../words/format.ts';

const shares = [0, 1] as const;

export function CalibrationChart({ calibration: { ece, bins } }: { calibration: Calibration }) {
  const filled = bins.filter(({ count }) => count > 0);
  return (
    <section className="card stack" aria-label="Calibration">
      <Chart
        title="Does the model know how sure it may be?"
        xLabel="how sure it was"
        range={shares}
        lines={[
          {
            label: 'how often it was right',
            colour: '--accent',
            points: filled.map(({ confidence, accuracy }) => [confidence, accuracy] as const),
          },
          {
            label: 'ideal',
            colour: '--edge',
            dash: [4, 4],
            points: [
              [0, 0],
              [1, 1],
            ],
          },
        ]}
      />
      <p className="muted small">
        On average its certainty is off by {percent(ece)} (expected calibration error).
      </p>
    </section>
  );
}
