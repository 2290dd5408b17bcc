/** An open project: its folder, and what is known of it while the server runs. One server has it at a time. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadCases } from 'genseg/data';
import { acquireLock, packageVersion, writeFileAtomic } from 'genseg/run';
import type { Project } from '../api.ts';
import { declareClasses, declaresIds, isDeclared } from './declared.ts';
import { demoFolder } from './demo.ts';
import { createHub, type Hub } from './hub.ts';
import { createImports, type Imports } from './imports.ts';
import { createInspector, type Inspector } from './inspection.ts';
import { encodeIds, holdsIds } from './masks.ts';
import { discard, type ProjectPaths, projectPaths } from './paths.ts';
import { uploadLimits } from './receive.ts';
import { hasSettings, openSettings, type SettingsStore } from './settings.ts';
import { createTable, type Table } from './table.ts';

export interface ProjectContext extends Disposable {
  readonly paths: ProjectPaths;
  readonly settings: SettingsStore;
  readonly hub: Hub;
  readonly inspector: Inspector;
  readonly table: Table;
  readonly imports: Imports;
  /** Keeps the address valid when the server is started again. */
  readonly token: string;
  /** Runs what changes masks or classes one after the other, and keeps dataset.json true to them. */
  exclusively<T>(task: () => Promise<T>): Promise<T>;
  /** Makes class ids of all masks, before the first is changed. */
  speakIds(): Promise<void>;
  summary(): Project;
}

/**
 * Opens a project, or makes one of a folder that is new, empty or holds images/.
 * @throws Error for a folder with anything else in it, or one that another server has.
 */
export function openProject(root: string): ProjectContext {
  const paths = projectPaths(root);
  refuseOther(paths);
  mkdirSync(paths.hidden, { recursive: true });
  const lock = acquireLock(paths.lock);
  const settings = openSettings(paths);
  if (!hasSettings(paths)) settings.change({});
  const hub = createHub();
  const inspector = createInspector(paths, hub, {
    // Classes that someone else has declared, or a folder of one's own holds.
    onFound: ({ manifest }) => {
      if (!isDeclared(paths)) settings.adoptClasses(manifest.classes);
    },
  });
  const table = createTable(paths, { inspector, settings });
  let queue: Promise<unknown> = Promise.resolve();

  const project: ProjectContext = {
    ...{ paths, settings, hub, inspector, table },
    imports: createImports(paths, settings),
    token: tokenOf(paths),
    exclusively(task) {
      const whole = () => declaring(project, task);
      const done = queue.then(whole, whole);
      queue = done.catch(() => {});
      return done;
    },
    speakIds: () => speakIds(project),
    summary: () => summaryOf(project),
    [Symbol.dispose]() {
      inspector.close();
      lock[Symbol.dispose]();
    },
  };
  return project;
}

function refuseOther(paths: ProjectPaths): void {
  if (!existsSync(paths.root) || hasSettings(paths) || existsSync(paths.images)) return;
  const others = readdirSync(paths.root).filter((name) => !name.startsWith('.'));
  if (others.length === 0) return;
  throw new Error(
    `${paths.root} holds ${others[0]} but no project; give a new folder, and add your files to it in the browser`,
  );
}

/** Kept beside the project, for its owner's eyes only: a page that is open goes on when the server comes back. */
function tokenOf({ token: path }: ProjectPaths): string {
  if (!existsSync(path)) {
    const token = randomBytes(24).toString('base64url');
    writeFileAtomic(path, token, { mode: 0o600 });
  }
  return readFileSync(path, 'utf8').trim();
}

/** Tells dataset.json what the masks' values are called: before a task, which may train, and after, as it may paint. */
async function declaring<T>(project: ProjectContext, task: () => Promise<T>): Promise<T> {
  const { paths, settings, inspector, table } = project;
  const labelled = () => table.rows().some(({ mask }) => mask !== null);
  const declare = (ids: boolean) => {
    const found = inspector.known();
    const known = ids || (found?.manifest.coding ?? null) !== null;
    if (labelled() && known) declareClasses(paths, settings.get().classes, found);
  };
  const empty = !labelled(); // then all masks are of the studio's making
  declare(false);
  const done = await task();
  declare(empty);
  return done;
}

/** Whether all masks are class ids in files of the studio's own names. */
const allIds = ({ table, inspector, settings }: ProjectContext): boolean =>
  holdsIds(inspector.known(), settings.get().classes.length) &&
  table.rows().every(({ id, mask }) => mask === null || mask === `masks/${id}.png`);

async function speakIds(project: ProjectContext): Promise<void> {
  const { paths, inspector, settings, table } = project;
  const labelled = table.rows().some(({ mask }) => mask !== null);
  const known = inspector.known() !== null || declaresIds(paths);
  if (!labelled || (known && allIds(project))) return; // without waiting until all have been looked through
  const { found } = await inspector.settled();
  if (!found) return;
  settings.adoptClasses(found.manifest.classes);
  if (allIds(project)) return;
  for (const one of found.manifest.cases) {
    if (one.masks.length === 0) continue;
    const [{ mask, width, height }] = await loadCases([one], found.manifest);
    const bytes = await encodeIds({ ids: mask!, width, height });
    for (const { path } of one.masks) discard(paths, join(paths.root, path));
    writeFileAtomic(join(paths.masks, `${one.id}.png`), bytes);
  }
  declareClasses(paths, settings.get().classes, null);
  await inspector.settled();
}

function summaryOf({ paths, settings, table }: ProjectContext): Project {
  const { name, classes, pixelSize } = settings.get();
  const rows = table.rows();
  const rounds = existsSync(paths.runs) ? readdirSync(paths.runs).length : 0;
  return {
    ...{ name, classes, pixelSize, folder: paths.root },
    counts: {
      images: rows.length,
      masks: rows.filter(({ mask }) => mask !== null).length,
      patients: new Set(rows.map(({ id, group, patient }) => patient ?? group ?? id)).size,
      test: rows.filter(({ split }) => split === 'test').length,
      rounds,
    },
    demo: rows.length === 0 && demoFolder() !== null,
    limits: uploadLimits,
    version: packageVersion(),
  };
}

/** Forgets pictures of files that have changed or gone, so that the cache does not only grow. */
export function sweepThumbnails({ paths, table }: ProjectContext): void {
  if (!existsSync(paths.thumbnails)) return;
  const current = new Set(table.rows().map(({ revision }) => revision));
  for (const name of readdirSync(paths.thumbnails)) {
    if (!current.has(name.split('-')[0])) rmSync(join(paths.thumbnails, name), { force: true });
  }
}
