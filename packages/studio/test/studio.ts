/** The built server as users run it, in a process of its own, and small images for it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from 'fast-png';
import type { DataTable } from '../src/api.ts';

const home = join(import.meta.dirname, '..');
const cli = join(home, '..', 'genseg', 'bin', 'genseg.js');

/** A test of yesterday's build would be worth nothing. */
function refuseStaleBuild(): void {
  const src = join(home, 'src', 'server');
  const built = statSync(join(home, 'dist', 'server.tsbuildinfo'), { throwIfNoEntry: false });
  const newer = readdirSync(src)
    .filter((name) => !name.endsWith('.test.ts'))
    .find((name) => statSync(join(src, name)).mtimeMs > (built?.mtimeMs ?? 0));
  if (newer) throw new Error(`${newer} is newer than dist: run npm run build`);
}
refuseStaleBuild();

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
  json: unknown;
}

type Body = string | Uint8Array | AsyncIterable<Uint8Array>;

/** An HTTP request exactly as given: no header is added or mended, no path normalised. */
export async function send(options: RequestOptions, body?: Body): Promise<Answer> {
  // Kept alive, as a browser does it, so that a refused body is still taken; but never used twice.
  const agent = new Agent({ keepAlive: true });
  const sent = request({ host: '127.0.0.1', agent, ...options });
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  answered.catch(() => {});
  sent.on('error', () => {}); // a server that has answered need not take the rest
  if (body !== undefined && (typeof body === 'string' || body instanceof Uint8Array))
    sent.end(body);
  else if (body === undefined) sent.end();
  else void pour(sent, body);
  const [response] = await answered;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  agent.destroy();
  const bytes = Buffer.concat(chunks);
  const isJson = String(response.headers['content-type']).includes('json');
  return {
    status: response.statusCode!,
    headers: response.headers,
    body: bytes,
    json: isJson ? JSON.parse(bytes.toString('utf8')) : null,
  };
}

/** Until all is sent or the server has had enough. */
async function pour(sent: ReturnType<typeof request>, body: AsyncIterable<Uint8Array>) {
  await pipeline(Readable.from(body), sent).catch(() => {});
}

export interface Server {
  readonly child: ChildProcess;
  readonly address: string;
  readonly port: number;
  readonly token: string;
  /** A request of one who has the token. */
  ask(method: string, path: string, body?: Body, headers?: Record<string, string>): Promise<Answer>;
  /** The table, once the inspection is that of the files. */
  inspected(): Promise<DataTable>;
  /** The most memory that it has had, MB. */
  peakMemory(): number;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export async function startServer(
  folder: string,
  port = 0,
  variables: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const args = [cli, 'studio', folder, '--no-open', '--port', String(port)];
  const env = { ...process.env, ...variables };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`genseg studio ended: ${errors}`);
  });
  ended.catch(() => {});
  const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer];
  const address = line.toString().trim();
  const url = new URL(address);
  const token = url.searchParams.get('token')!;
  const ask: Server['ask'] = (method, path, body, headers = {}) =>
    send(
      {
        ...{ method, path, port: url.port },
        headers: { Authorization: `Bearer ${token}`, ...headers },
      },
      body,
    );
  return {
    ...{ child, address, token, ask },
    port: Number(url.port),
    async inspected() {
      for (;;) {
        const table = (await ask('GET', '/api/data')).json as DataTable;
        if (['none', 'fresh', 'failed'].includes(table.inspection.state)) return table;
        await sleep(100);
      }
    },
    peakMemory() {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1024;
    },
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill(signal);
      await exit;
    },
  };
}

/** A gray PNG of noise, with a bright square; no two of different seeds are alike. */
export function noisePng(seed: number, side = 32): Uint8Array {
  let state = seed * 2654435761 + 1;
  const data = Uint8Array.from({ length: side * side }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return inSquare(i, side) ? 200 + (state >>> 28) : state >>> 25;
  });
  return encode({ data, width: side, height: side, channels: 1, depth: 8 });
}

/** The mask of that square, as class ids. */
export function squareMask(side = 32, id = 1): Uint8Array {
  const data = Uint8Array.from({ length: side * side }, (_, i) => (inSquare(i, side) ? id : 0));
  return encode({ data, width: side, height: side, channels: 1, depth: 8 });
}

const inSquare = (i: number, side: number): boolean => {
  const [x, y] = [i % side, Math.floor(i / side)];
  return x > side / 4 && x < (3 * side) / 4 && y > side / 4 && y < (3 * side) / 4;
};

/** Opens an import, sends the files, and finishes it. */
export async function importFiles(
  { ask }: Server,
  files: Readonly<Record<string, Body>>,
  options: object = { as: 'auto' },
): Promise<{ received: Answer[]; finished: Answer }> {
  const opened = await ask('POST', '/api/imports', JSON.stringify(options));
  const { id } = opened.json as { id: string };
  const received: Answer[] = [];
  for (const [path, body] of Object.entries(files)) {
    const at = `/api/imports/${id}/files?path=${encodeURIComponent(path)}`;
    received.push(await ask('PUT', at, body));
  }
  return { received, finished: await ask('POST', `/api/imports/${id}`) };
}
