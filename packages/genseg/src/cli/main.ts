/**
 * The command line. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted. Results go to stdout,
 * everything else to stderr.
 */
import { Command, CommanderError } from '@commander-js/extra-typings';
import { OutOfMemoryError, TorchError } from '@genseg/torch';
import { ConfigError, DataError, TrainingError } from '../errors.ts';
import { packageVersion } from '../run/index.ts';
import { doctorCommand } from './doctor.ts';
import { evaluateCommand } from './evaluate.ts';
import { generateCommand } from './generate.ts';
import { inspectCommand } from './inspect.ts';
import { InterruptedError, say } from './io.ts';
import { predictCommand } from './predict.ts';
import { reportCommand } from './report.ts';
import { selfcheckCommand } from './selfcheck.ts';
import { resumeCommand, trainCommand } from './train.ts';

const program = new Command('genseg')
  .description('Segmentation models from nine labelled images')
  .version(packageVersion())
  .showHelpAfterError('(add --help for the options)')
  .exitOverride();
const commands = [
  inspectCommand,
  trainCommand,
  resumeCommand,
  evaluateCommand,
  predictCommand,
  generateCommand,
  reportCommand,
  selfcheckCommand,
  doctorCommand,
];
for (const command of commands) program.addCommand(command.exitOverride());

/** Errors that a user can mend are one line; others are ours, with the stack to report. */
const expected = [DataError, ConfigError, TrainingError, TorchError];

function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof InterruptedError) {
    say(error.message);
    return 130;
  }
  if (error instanceof OutOfMemoryError) {
    say(`error: ${error.message}; use a smaller --size or --preset fast`);
    return 1;
  }
  const known = expected.some((kind) => error instanceof kind);
  say(
    `error: ${known ? (error as Error).message : error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  return error instanceof ConfigError ? 2 : 1;
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCode(error);
}
