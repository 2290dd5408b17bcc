/**
 * genseg studio: the browser app. It is a package of its own, loaded only here, so that all else works without it.
 */
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { ConfigError } from '../errors.ts';
import { writeFileAtomic } from '../run/index.ts';
import { print, say } from './io.ts';
import { wholeNumber } from './parse.ts';

/** What of @genseg/studio is used here. */
interface StudioModule {
  startStudio(folder: string, options: { port?: number }): Promise<Studio>;
}

interface Studio {
  address: string;
  folder: string;
  close(): Promise<void>;
}

export const studioCommand = new Command('studio')
  .description('paint masks, train and use models in a browser, on this machine only')
  .argument('[folder]', 'folder of the project; made where there is none', 'genseg-project')
  .option(
    '--port <n>',
    'port of the page; by default 5823 or the next that is free',
    wholeNumber('a port, 0 to 65535', 0, 65535),
  )
  .option('--no-open', 'do not open the browser, only print the address')
  .addHelpText('after', '\nExample:\n  genseg studio lungs')
  .action(async (folder, { port, open }) => {
    const { startStudio } = await loadStudio();
    const studio = await startStudio(resolve(folder), { port }).catch((cause: Error) => {
      throw new ConfigError(cause.message, { cause });
    });
    print(studio.address);
    say(`project  ${studio.folder}`);
    say('Open the address in a browser on this machine. Ctrl-C ends the server; training goes on.');
    if (open) openBrowser(studio);
    await new Promise((done) => {
      process.once('SIGINT', done);
      process.once('SIGTERM', done);
    });
    await studio.close();
  });

async function loadStudio(): Promise<StudioModule> {
  const name: string = '@genseg/studio'; // not a dependency, so that it may be left out
  try {
    return (await import(name)) as StudioModule;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new ConfigError(`genseg studio needs another package: npm install ${name}`, { cause });
  }
}

/** By way of a file for its owner's eyes only: all users of the machine see the arguments of a process. */
function openBrowser({ address, folder }: Studio): void {
  const page = join(folder, '.studio', 'open.html');
  const html = `<!doctype html><meta http-equiv="refresh" content="0; url=${address}">`;
  writeFileAtomic(page, html, { mode: 0o600 });
  const [program, ...args] = openers[process.platform] ?? ['xdg-open'];
  const child = spawn(program, [...args, page], { detached: true, stdio: 'ignore' });
  child.on('error', () => say('No browser could be opened: open the address yourself.'));
  child.unref();
}

const openers: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};
