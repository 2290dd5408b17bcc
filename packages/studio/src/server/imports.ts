/**
 * Imports: files come one by one into a folder of their own below `.studio`; nothing reaches the project before the
 * end, when a child process reads them all.
 */
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { CaseRow, FileReceived, ImportFinished, ImportOptions } from '../api.ts';
import { notFound, RequestError } from './errors.ts';
import { errorOf, ownProgram, runNode } from './genseg.ts';
import type { ImportJob, ImportOutcome } from './import-child.ts';
import { folderName, type ProjectPaths, uploadedParts } from './paths.ts';
import { receive, refusalOf, uploadLimits } from './receive.ts';
import type { SettingsStore } from './settings.ts';
import { unzip } from './unzip.ts';

interface Import {
  readonly options: ImportOptions;
  readonly folder: string;
  bytes: number;
  files: number;
  /** Uploads under way. */
  busy: number;
}

export interface Imports {
  open(options: ImportOptions): string;
  receive(id: string, path: string, request: Request): Promise<FileReceived>;
  finish(id: string, rows: readonly CaseRow[]): Promise<ImportFinished>;
  cancel(id: string): void;
}

export function createImports(paths: ProjectPaths, settings: SettingsStore): Imports {
  rmSync(paths.incoming, { recursive: true, force: true }); // of a server that was killed
  const open = new Map<string, Import>();
  const find = (id: string): Import => {
    const one = open.get(id);
    if (one) return one;
    throw notFound('This import');
  };
  const close = (id: string) => {
    rmSync(find(id).folder, { recursive: true, force: true });
    open.delete(id);
  };
  return {
    open(options) {
      const id = randomUUID();
      if (options.as === 'test-set') folderName(options.name ?? '');
      const folder = join(paths.incoming, id);
      mkdirSync(join(folder, 'files'), { recursive: true });
      open.set(id, { options, folder, bytes: 0, files: 0, busy: 0 });
      return id;
    },
    async receive(id, path, request) {
      const one = find(id);
      one.busy++;
      try {
        return await receiveFile(one, path, request);
      } finally {
        one.busy--;
      }
    },
    async finish(id, rows) {
      const one = find(id);
      if (one.busy > 0) throw new RequestError(409, 'Files are still on their way; wait for them');
      if (one.files === 0) {
        throw new RequestError(422, 'No file that could be used has come; choose images');
      }
      try {
        return await bringIn(paths, one, { settings, rows });
      } finally {
        close(id);
      }
    },
    cancel: close,
  };
}

async function receiveFile(one: Import, path: string, request: Request): Promise<FileReceived> {
  const parts = uploadedParts(path);
  const name = parts.at(-1)!;
  const skipped = (reason: string): FileReceived => ({ files: 0, skipped: [{ path, reason }] });
  if (parts.some((part) => part.startsWith('.'))) return skipped('is hidden');
  if (one.files >= uploadLimits.files) {
    throw new RequestError(413, `More than ${uploadLimits.files} files; import them in parts`);
  }
  const files = join(one.folder, 'files');
  const left = uploadLimits.total - one.bytes;
  if (/\.zip$/i.test(name)) {
    const archive = join(one.folder, `${randomUUID()}.zip`);
    await receive(request, archive, { limit: Math.min(uploadLimits.zip, left), what: path });
    try {
      const folder = join(files, ...parts).replace(/\.zip$/i, '');
      const limits = { ...uploadLimits, files: uploadLimits.files - one.files, total: left };
      const { bytes, ...received } = await unzip(archive, folder, limits);
      one.bytes += bytes;
      one.files += received.files;
      return received;
    } finally {
      rmSync(archive, { force: true });
    }
  }
  const target = join(files, ...parts);
  if (existsSync(target)) return skipped('has come already');
  const limit = Math.min(uploadLimits.file, left);
  const bytes = await receive(request, target, { limit, what: path });
  const refusal = await refusalOf(target, name, bytes);
  if (refusal !== null) {
    rmSync(target);
    return skipped(refusal);
  }
  one.bytes += bytes;
  one.files++;
  return { files: 1, skipped: [] };
}

async function bringIn(
  paths: ProjectPaths,
  { options, folder }: Import,
  { settings, rows }: { settings: SettingsStore; rows: readonly CaseRow[] },
): Promise<ImportFinished> {
  const files = join(folder, 'files');
  const masksOnly =
    options.as === 'masks' || (options.as === 'auto' && areMasksOf(files, paths, rows));
  const target =
    options.as === 'test-set' ? join(paths.tests, folderName(options.name!)) : paths.root;
  if (target !== paths.root && existsSync(target)) {
    throw new RequestError(409, `There is a test set ${basename(target)}; give another name`);
  }
  const job: ImportJob = {
    staging: masksOnly ? besideImages(paths, folder, rows) : files,
    root: paths.root,
    target,
    classes: settings.get().classes.map(({ name }) => name),
    masksOnly,
  };
  const ended = await runNode(ownProgram('import-child.js'), [JSON.stringify(job)]);
  if (ended.code !== 0) {
    throw new RequestError(422, errorOf(ended).replaceAll(`${files}/`, '').replaceAll(folder, ''));
  }
  const { classes, problems, ...outcome } = JSON.parse(ended.stdout) as ImportOutcome;
  settings.adoptClasses(classes);
  return { ...outcome, problems: problems.map((problem) => ({ ...problem, id: null, mends: [] })) };
}

const filesBelow = (folder: string): { name: string; path: string }[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => ({ name: entry.name, path: join(entry.parentPath, entry.name) }));

/** A mask's name without what only says that it is one. */
const caseOf = (name: string): string =>
  name.replace(/\.[^.]+$/, '').replace(/[_-](segmentation|mask|lesion|seg|label|gt)$/i, '');

/** Whether files are masks of images that are there: each names one, and they are not those images again. */
function areMasksOf(folder: string, { root }: ProjectPaths, rows: readonly CaseRow[]): boolean {
  const files = filesBelow(folder).filter(({ name }) =>
    /\.(png|jpe?g|tiff?|bmp|gif|json)$/i.test(name),
  );
  const byId = new Map(rows.map(({ id, image }) => [id, join(root, image)]));
  const isAgain = ({ name, path }: { name: string; path: string }) =>
    statSync(path).size === statSync(byId.get(caseOf(name))!).size;
  return (
    files.length > 0 && files.every(({ name }) => byId.has(caseOf(name))) && !files.every(isAgain)
  );
}

/** A folder in which the masks lie beside the images that they belong to, as links. */
function besideImages(paths: ProjectPaths, folder: string, rows: readonly CaseRow[]): string {
  const pairs = join(folder, 'pairs');
  mkdirSync(join(pairs, 'images'), { recursive: true });
  const wanted = new Set(filesBelow(join(folder, 'files')).map(({ name }) => caseOf(name)));
  renameSync(join(folder, 'files'), join(pairs, 'masks'));
  for (const { id, image } of rows) {
    if (!wanted.has(id)) continue;
    const extension = /\.[^.]+$/.exec(image)![0];
    symlinkSync(join(paths.root, image), join(pairs, 'images', `${id}${extension}`));
  }
  return pairs;
}
