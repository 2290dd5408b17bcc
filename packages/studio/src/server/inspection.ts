/**
 * What `genseg inspect` says of the project: run in the background whenever files have changed and then been left
 * alone for a moment, kept on disk, and told to the open pages.
 */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Inspection } from 'genseg/data';
import { writeFileAtomic } from 'genseg/run';
import type { DataTable } from '../api.ts';
import { errorOf, gensegProgram, runNode } from './genseg.ts';
import type { Hub } from './hub.ts';
import { type Listing, listProject } from './listing.ts';
import type { ProjectPaths } from './paths.ts';

export interface InspectionState {
  readonly state: DataTable['inspection']['state'];
  readonly error: string | null;
  /** The last that succeeded, perhaps of files as they were before. */
  readonly found: Inspection | null;
}

export interface Inspector {
  /** What is known; begins a new inspection where the listing is not that of the last. */
  look(listing: Listing): InspectionState;
  /** The last that succeeded. */
  known(): Inspection | null;
  /** Waits until it is that of the files as they are now. */
  settled(): Promise<InspectionState>;
  close(): void;
}

/** What is kept: for which files, and what came of it. */
interface Stored {
  readonly key: string;
  readonly error: string | null;
  readonly found: Inspection | null;
}

/**
 * @param quiet ms without a change before it runs; a long inspection waits four times its own time.
 * @param onFound told what every inspection that succeeds has found.
 */
export function createInspector(
  paths: ProjectPaths,
  hub: Hub,
  {
    quiet = 1500,
    onFound = () => {},
  }: { quiet?: number; onFound?: (found: Inspection) => void } = {},
): Inspector {
  let last: Stored = read(paths.inspection) ?? { key: '', error: null, found: null };
  let running: Promise<void> | null = null;
  let child: ChildProcess | null = null;
  let timer: NodeJS.Timeout | null = null;
  let seconds = 0;
  let awaited = '';
  let closed = false;

  const stateOf = ({ images, key }: Listing): InspectionState => {
    const { found, error } = last;
    if (images.length === 0) return { state: 'none', error: null, found: null };
    if (key === last.key) return { state: error === null ? 'fresh' : 'failed', error, found };
    return { state: running ? 'running' : 'stale', error: null, found };
  };

  const run = async () => {
    const listing = listProject(paths);
    if (listing.images.length === 0 || listing.key === last.key || closed) return;
    hub.publish('data', { inspection: 'running' });
    const started = performance.now();
    const ended = await runNode(gensegProgram(), ['inspect', paths.root, '--json'], {
      onSpawn: (spawned) => {
        child = spawned;
      },
    });
    if (closed) return;
    seconds = (performance.now() - started) / 1000;
    const found = ended.code === 0 ? (JSON.parse(ended.stdout) as Inspection) : null;
    last = { key: listing.key, error: found ? null : errorOf(ended), found };
    writeFileAtomic(paths.inspection, JSON.stringify(last));
    if (found) onFound(found);
  };

  const begin = (): Promise<void> => {
    if (timer) clearTimeout(timer);
    timer = null;
    awaited = '';
    running ??= run().finally(() => {
      running = null;
      child = null;
      if (!closed) hub.publish('data', { inspection: stateOf(listProject(paths)).state });
    });
    return running;
  };

  return {
    look(listing) {
      const now = stateOf(listing);
      if (now.state === 'stale' && !closed && listing.key !== awaited) {
        awaited = listing.key; // asking again does not put it off, only another change does
        if (timer) clearTimeout(timer);
        timer = setTimeout(begin, last.key === '' ? 0 : Math.max(quiet, seconds * 4000));
      }
      return now;
    },
    known: () => last.found,
    async settled() {
      for (;;) {
        const now = stateOf(listProject(paths));
        if (now.state !== 'stale' && now.state !== 'running') return now;
        await begin();
      }
    },
    close() {
      closed = true;
      if (timer) clearTimeout(timer);
      child?.kill('SIGKILL');
    },
  };
}

/** One that failed is tried again by a new server: the reason may be gone. */
function read(path: string): Stored | null {
  try {
    const stored = JSON.parse(readFileSync(path, 'utf8')) as Stored;
    return stored.error === null ? stored : null;
  } catch {
    return null; // none yet; what is kept can be found again
  }
}
