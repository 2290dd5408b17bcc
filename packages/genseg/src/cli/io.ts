/** Where the command line's words go: results to stdout, everything else to stderr; and what to do when they cannot. */

const outputs = [process.stdout, process.stderr] as const;

export const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** The only thing on stdout: one JSON object, or a result as text. */
export const print = (result: unknown): void => {
  process.stdout.write(`${typeof result === 'string' ? result : JSON.stringify(result)}\n`);
};

/** What shells say of a program that a closed pipe has ended: 128 and the number of SIGPIPE. */
const closedPipe = 141;

/** Ends the process without a word where nobody reads them any more, as in `genseg train --help | head -1`. */
function endUnread(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(closedPipe);
}

type Listener = (error: NodeJS.ErrnoException) => void;

/** Calls `listener` where a line cannot be written, and another one no more. */
function onFailedWrite(listener: Listener, { not: former }: { not?: Listener } = {}): void {
  for (const stream of outputs) {
    if (former) stream.off('error', former);
    stream.on('error', listener);
  }
}

/** From here on a closed pipe ends the process quietly, except while `watchInterrupt` sees to it. */
export const endWhenUnread = (): void => onFailedWrite(endUnread);

/** The user stopped the work; the process ends with 130. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

/**
 * Asks to stop at the first Ctrl-C, or when the terminal or a pipe closes, so that a checkpoint is stored; the
 * second Ctrl-C aborts at once. `onSignal` takes what is to be called at each of them.
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
    if (!asked) onSignal(); // system and shell may both send it, and every further line fails
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', onHangUp);
  onFailedWrite(onHangUp, { not: endUnread }); // which would end the process before its checkpoint
  return {
    interrupted: () => asked,
    onSignal: (tell) => {
      told = tell;
    },
    [Symbol.dispose]() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
      process.off('SIGHUP', onHangUp);
      if (!asked) onFailedWrite(endUnread, { not: onHangUp }); // else the last words may fail too, and 130 is to be told
    },
  };
}
