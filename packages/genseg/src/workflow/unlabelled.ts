/** The images that semi-supervised methods see without masks: which of a folder they may see. */
import { inspect, type Manifest } from '../data/index.ts';
import { ConfigError, DataError } from '../errors.ts';
import type { TrainConfig } from '../run/index.ts';
import { methodNamed } from '../train/index.ts';
import { inBoth, type RunData, refuse, type TestSet } from './data.ts';

/**
 * The images of `--unlabelled`, but for its own test split and the run's labelled cases; no mask is opened.
 * @returns the manifest of those that are left; null for a method that sees none.
 * @throws ConfigError where method and option do not go together, DataError for an image that is tested on.
 */
export async function unlabelledImages(
  config: Pick<TrainConfig, 'method' | 'unlabelled'>,
  { manifest, division }: RunData,
  tests: readonly TestSet[],
): Promise<Manifest | null> {
  const { method, unlabelled: folder } = config;
  const wanted = methodNamed(method).semiSupervision !== null;
  if (folder === null) {
    if (!wanted) return null;
    throw new ConfigError(
      `--method ${method} learns from unlabelled images too; name their folder with --unlabelled`,
    );
  }
  if (!wanted)
    throw new ConfigError(
      `--unlabelled: method ${method} has no use for unlabelled images; leave it out, or choose another --method`,
    );
  const { manifest: found, problems } = await inspect(folder, { imagesOnly: true });
  refuse(problems, folder);
  if (found.fingerprint.channels > manifest.fingerprint.channels)
    throw new DataError(
      `${folder}: images have ${found.fingerprint.channels} channels, the labelled ones ${manifest.fingerprint.channels}; convert them`,
    );
  const labelled = new Set(inBoth(found.cases, [...division.train, ...division.validation]));
  const cases = found.cases.filter((one) => one.split !== 'test' && !labelled.has(one));
  for (const { name, cases: tested } of tests) {
    const shared = inBoth(tested, cases);
    if (shared.length === 0) continue;
    throw new DataError(
      `${folder}: holds ${shared.length} images of the test set ${name} (${shared[0].id}); take them out, since what is tested on must not be seen in training`,
    );
  }
  if (cases.length === 0)
    throw new DataError(
      `${folder}: holds no image but those that are labelled here or in its test split; add others`,
    );
  return { ...found, cases };
}
