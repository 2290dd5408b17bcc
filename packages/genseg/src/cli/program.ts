/**
 * Runs the command line. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted, 141 where nobody reads
 * what it says any more. Results go to stdout, everything else to stderr.
 */
import { Command, CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { ConfigError, DataError, TrainingError } from '../errors.ts';
import { packageVersion } from '../run/index.ts';
import { endWhenUnread, InterruptedError, say } from './io.ts';

type ErrorClass = abstract new (...args: never[]) => Error;

export interface ProgramOptions {
  /** Errors that a user can mend, beside our own three: one line each; others are ours, with the stack to report. */
  expected?: readonly ErrorClass[];
  /** What to do about an error, beside what it says itself. */
  remedy?(error: unknown): string | null;
}

/** Parses the arguments of the process, runs the command, and sets the exit code. */
export async function runProgram(
  commands: readonly CommandUnknownOpts[],
  { expected = [], remedy = () => null }: ProgramOptions = {},
): Promise<void> {
  endWhenUnread();
  const program = new Command('genseg')
    .description('Segmentation models from nine labelled images')
    .version(packageVersion())
    .showHelpAfterError('(add --help for the options)')
    .exitOverride();
  for (const command of commands) {
    program.addCommand(command.exitOverride());
    for (const part of command.commands) part.exitOverride();
  }
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = exitCode(error, {
      expected: [DataError, ConfigError, TrainingError, ...expected],
      remedy,
    });
  }
}

function exitCode(error: unknown, { expected, remedy }: Required<ProgramOptions>): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof InterruptedError) {
    say(error.message);
    return 130;
  }
  const known = expected.some((kind) => error instanceof kind);
  const advice = remedy(error);
  say(
    `error: ${
      known || advice !== null
        ? [(error as Error).message, advice].filter((text) => text !== null).join('; ')
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error)
    }`,
  );
  return error instanceof ConfigError ? 2 : 1;
}
