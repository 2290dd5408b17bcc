/** How long a training would take here, from a few steps of each stage and a tested case of each set. */
import { loadCases } from '../data/index.ts';
import { caseMetrics } from '../metrics/index.ts';
import { encodePng, overlay } from '../picture/index.ts';
import type { TrainConfig } from '../run/index.ts';
import { predict } from '../segmenter/index.ts';
import { measureSteps, secondsOf } from '../train/index.ts';
import { prepare } from './prepare.ts';
import { keepSettings } from './process-settings.ts';
import { startSession } from './run-state.ts';

/** Of a training that ends with a fast test. @returns seconds, without the start of the process. */
export async function estimateSeconds(config: TrainConfig): Promise<number> {
  const started = performance.now();
  const since = (start: number) => (performance.now() - start) / 1000;
  using _settings = keepSettings();
  const { plan, data, pairs: loaded, sets } = await prepare(config);
  using pairs = loaded;
  const loading = since(started);

  const training = secondsOf(plan.recipe, measureSteps(plan, pairs));

  using session = startSession(plan, pairs);
  session.average.eval();
  const classes = plan.classes.map((_, i) => i).slice(1);
  let testing = 0;
  for (const { manifest, cases } of sets) {
    const start = performance.now();
    const [sample] = await loadCases(cases.slice(0, 1), manifest, {
      fingerprint: data.manifest.fingerprint,
    });
    const { mask } = predict(session.average, sample, plan);
    caseMetrics(mask, sample.mask!, { shape: [sample.height, sample.width] }, { classes });
    encodePng(overlay(sample, mask, sample.mask!));
    testing += cases.length * since(start);
  }
  return loading + training + testing;
}
