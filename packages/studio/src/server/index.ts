/** The studio's server; `genseg studio` starts it. */
import { resolve } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import sharp from 'sharp';
import { createApp } from './app.ts';
import { openProject, sweepThumbnails } from './project.ts';

export { routes } from '../api.ts';

export interface StudioOptions {
  /** 0: any that is free. Without: 5823, or the next that is free. */
  port?: number;
}

export interface Studio {
  /** With the token: who opens it is let in. */
  readonly address: string;
  readonly folder: string;
  readonly port: number;
  /** Ends the server; training goes on. */
  close(): Promise<void>;
}

const defaultPort = 5823;

/**
 * Serves a project on this machine only.
 * @param folder of the project; made where it does not exist.
 * @throws Error where the folder is no project and holds other things, another server has it, or the port is taken.
 */
export async function startStudio(folder: string, { port }: StudioOptions = {}): Promise<Studio> {
  sharp.cache({ memory: 32, files: 0, items: 20 });
  sharp.concurrency(1); // pictures are many and small: two at a time, one thread each
  const project = openProject(resolve(folder));
  let taken = 0;
  const access = { token: project.token, port: () => taken };
  const server = createAdaptorServer({ fetch: createApp(project, access).fetch });
  const listen = (wanted: number) =>
    new Promise<number>((done, failed) => {
      server.once('error', failed);
      server.listen(wanted, '127.0.0.1', () => {
        server.off('error', failed);
        const address = server.address();
        done(typeof address === 'object' && address ? address.port : wanted);
      });
    });
  try {
    taken = port === undefined ? await firstFree(listen, defaultPort) : await listen(port);
  } catch (error) {
    project[Symbol.dispose]();
    throw error;
  }
  sweepThumbnails(project);
  project.table.whole(); // begins the inspection
  return {
    address: `http://127.0.0.1:${taken}/?token=${project.token}`,
    folder: project.paths.root,
    port: taken,
    close: () =>
      new Promise<void>((done) => {
        project[Symbol.dispose]();
        server.close(() => done());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

async function firstFree(listen: (port: number) => Promise<number>, from: number): Promise<number> {
  for (let port = from; port < from + 20; port++) {
    try {
      return await listen(port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
  return await listen(0);
}
