/** Files that were dropped or chosen, folders walked, each with its path. */

export interface NamedFile {
  /** With its folders, forward slashes. */
  readonly path: string;
  readonly file: File;
}

/** What operating systems leave in folders, and hidden files. */
const litter = /(^|\/)(\.|__MACOSX\/|Thumbs\.db$|desktop\.ini$)/i;

export const isLitter = (path: string): boolean => litter.test(path);

/** Of a file input; with `webkitdirectory` each file knows its folder. */
export const chosenFiles = (files: Iterable<File>): NamedFile[] =>
  [...files]
    .map((file) => ({ path: file.webkitRelativePath || file.name, file }))
    .filter(({ path }) => !isLitter(path));

/**
 * Of a drop. The browser empties `items` once the event is over, so it is read before the first wait.
 * @throws DOMException where the browser cannot read a folder
 */
export async function droppedFiles(transfer: DataTransfer): Promise<NamedFile[]> {
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  if (entries.length === 0) return chosenFiles(transfer.files);
  const found = await Promise.all(entries.map((entry) => walk(entry, '')));
  return found.flat().filter(({ path }) => !isLitter(path));
}

async function walk(entry: FileSystemEntry, folder: string): Promise<NamedFile[]> {
  const path = folder + entry.name;
  if (isLitter(path)) return [];
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ path, file }];
  }
  const inside = await entriesOf(entry as FileSystemDirectoryEntry);
  const found = await Promise.all(inside.map((child) => walk(child, `${path}/`)));
  return found.flat();
}

/** `readEntries` gives at most a hundred at a time, and an empty list at the end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}
