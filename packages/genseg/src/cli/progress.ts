/** Shows a run's events on stderr: one changing line on a terminal, else a line now and then. */
import { nextProgress, progressLine, progressNote, startOfProgress } from '../report/index.ts';
import type { RunEvent } from '../run/index.ts';
import { say } from './io.ts';

/** Seconds between progress lines where the output is no terminal. */
const quietInterval = 15;

export function progressPrinter(): { event(event: RunEvent): void; warn(text: string): void } {
  const { stderr, env } = process;
  const terminal = stderr.isTTY === true && env.CI === undefined;
  let state = startOfProgress;
  let shownAt = Number.NEGATIVE_INFINITY;
  let lineOpen = false;

  const note = (text: string) => {
    if (lineOpen) stderr.write('\r\u001b[2K');
    lineOpen = false;
    say(text);
  };
  const showLine = () => {
    if (terminal) {
      stderr.write(`\r\u001b[2K${progressLine(state, { columns: stderr.columns })}`);
      lineOpen = true;
    } else if (performance.now() - shownAt > quietInterval * 1000) {
      shownAt = performance.now();
      say(progressLine(state, { columns: 160, bar: false }));
    }
  };
  return {
    event: (event) => {
      state = nextProgress(state, event);
      const text = progressNote(event);
      if (text !== null) note(text);
      if (event.type === 'progress') showLine();
    },
    warn: (text) => note(`warning: ${text}`),
  };
}
