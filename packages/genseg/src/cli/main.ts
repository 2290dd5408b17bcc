/** The command line: all commands; what they share is program.ts. */
import { OutOfMemoryError, TorchError } from '@genseg/torch';
import { benchCommand } from './bench.ts';
import { dataCommand } from './data.ts';
import { doctorCommand } from './doctor.ts';
import { evaluateCommand } from './evaluate.ts';
import { generateCommand } from './generate.ts';
import { inspectCommand } from './inspect.ts';
import { predictCommand } from './predict.ts';
import { runProgram } from './program.ts';
import { reportCommand } from './report.ts';
import { selfcheckCommand } from './selfcheck.ts';
import { studioCommand } from './studio.ts';
import { resumeCommand, trainCommand } from './train.ts';

await runProgram(
  [
    inspectCommand,
    dataCommand,
    trainCommand,
    resumeCommand,
    evaluateCommand,
    predictCommand,
    generateCommand,
    benchCommand,
    reportCommand,
    selfcheckCommand,
    studioCommand,
    doctorCommand,
  ],
  {
    expected: [TorchError],
    remedy: (error) =>
      error instanceof OutOfMemoryError ? 'use a smaller --size or --preset fast' : null,
  },
);
