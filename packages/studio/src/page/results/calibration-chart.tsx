/** Whether probabilities hold: of the pixels called a class with 80 % probability, are 80 % of that class? */
import type { Calibration } from '../../api.ts';
import { Chart } from '../ui/chart.tsx';
import { percent } from '../words/format.ts';

const shares = [0, 1] as const;

export function CalibrationChart({
  calibration,
  method,
}: {
  calibration: Calibration;
  /** Whose model it is, in words. */
  method: string;
}) {
  const { class: name, ece, bins } = calibration;
  const filled = bins.filter(({ count }) => count > 0);
  return (
    <section className="card calibration" aria-label="Calibration">
      <Chart
        title="Does the model know how sure it may be?"
        xLabel={`its probability of ${name}`}
        values={false}
        height={300}
        range={shares}
        lines={[
          {
            label: `how often it was ${name}`,
            colour: '--accent',
            dots: true,
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
      <div className="stack">
        <p>
          Of the pixels that {method} calls {name} with 80 % probability, 80 % should be {name}: the
          dashed line. On the own test images it is off by {percent(ece)} on average (the expected
          calibration error).
        </p>
        <p className="muted">Below the line it says {name} too readily, above it too rarely.</p>
        <details>
          <summary>The numbers</summary>
          <table>
            <thead>
              <tr>
                <th scope="col" className="number">
                  Its probability
                </th>
                <th scope="col" className="number">
                  How often it was {name}
                </th>
                <th scope="col" className="number">
                  Pixels
                </th>
              </tr>
            </thead>
            <tbody>
              {filled.map(({ from, confidence, accuracy, count }) => (
                <tr key={from}>
                  <td className="number">{percent(confidence)}</td>
                  <td className="number">{percent(accuracy)}</td>
                  <td className="number">{count.toLocaleString('en')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      </div>
    </section>
  );
}
