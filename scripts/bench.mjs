// @ts-check
// npm run bench: small operator calls, U-Net training steps and whole GenSeg iterations, ours beside Python's
// torch in one run; what predictions cost; then the studio in Chromium: painting, and a project of 500 images.
//
//   npm run bench                all of it; bf16 where the processor has it
//   npm run bench -- --quick     some minutes
//   npm run bench -- --seconds 40 each configuration that long, 24 minutes in all; default 120
//   npm run bench -- --write     also writes table and plot to docs/; for a machine at rest
//
// PYTHON names a Python with torch; else python3 and /usr/bin/python3 are asked for it.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compareIterations } from '../bench/compare-iterations.mjs';
import { measurePrediction } from '../bench/predict.mjs';
import { compareSteps } from '../bench/steps.mjs';
import { capture } from './setup/process.mjs';

function readOptions() {
  try {
    return parseArgs({
      options: {
        quick: { type: 'boolean' },
        write: { type: 'boolean' },
        seconds: { type: 'string' },
      },
    }).values;
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    console.error(`error: ${message}\nnpm run bench -- [--quick] [--seconds <s>] [--write]`);
    process.exit(2);
  }
}
const { quick = false, write = false, seconds } = readOptions();

/** How long the steps of one configuration are measured, both halves together. */
const SECONDS = Number(seconds ?? (quick ? 6 : 120));
if (!(SECONDS > 0)) {
  console.error(`error: --seconds is "${seconds}", expected a number above 0`);
  process.exit(2);
}

/** A Python that imports torch, undefined where there is none. */
function findPython() {
  const candidates = [process.env.PYTHON, 'python3', '/usr/bin/python3'];
  return candidates.find((python) => python && capture(python, ['-c', 'import torch']).ok);
}

const setup = fileURLToPath(new URL('setup.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [setup], { stdio: ['ignore', 'ignore', 'inherit'] });
if (status !== 0) process.exit(1);

const python = findPython();
if (!python) {
  console.log('!!! ONLY OUR HALF: no Python with torch was found; set PYTHON to one to compare.\n');
}
await compareSteps({ python, seconds: SECONDS, quick, write });
await compareIterations({ python, write, ...(quick && { only: [16], turns: 1 }) });
await measurePrediction({ write, quick });

for (const name of ['studio-paint', 'studio-data']) {
  console.log(`\nThe studio, ${name}:\n`);
  const few = quick && name === 'studio-data' ? ['--images', '50'] : [];
  const program = fileURLToPath(new URL(`../bench/${name}.mjs`, import.meta.url));
  const args = [program, ...few, ...(write ? ['--write'] : [])];
  if (spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0) process.exitCode = 1;
}
