/** Where the command line's words go: results to stdout, everything else to stderr. */

export const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** The only thing on stdout: one JSON object, or a result as text. */
export const print = (result: unknown): void => {
  process.stdout.write(`${typeof result === 'string' ? result : JSON.stringify(result)}\n`);
};

/** The user stopped the work; the process ends with 130. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

/**
 * Asks to stop at the first Ctrl-C, or when the terminal closes, so that a checkpoint is stored; the second
 * Ctrl-C aborts at once. `onSignal` takes what is to be called at each of them.
 */
export function watchInterrupt(): {
  interrupted(): boolean;
  onSignal(tell: () => void): void;
} & Disposable {
  let asked = false;
  let told = () => {};
  const onSignal = () => {
    told();
    if (asked) process.exit(130);
    asked = true;
    say('\nstopping after this step; press Ctrl-C again to abort');
  };
  const onHangUp = () => {
    // A line that can no longer be written is an error, which would end the process before its checkpoint.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
    if (!asked) onSignal(); // system and shell may both send it
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', onHangUp);
  return {
    interrupted: () => asked,
    onSignal: (tell) => {
      told = tell;
    },
    [Symbol.dispose]() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
      process.off('SIGHUP', onHangUp);
    },
  };
}
