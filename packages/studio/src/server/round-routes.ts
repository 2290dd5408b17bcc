/** /api/training and /api/rounds: what may be trained, what is being trained, and its events as they come. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runPaths } from 'genseg/run';
import { type Context, Hono } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import type { Round, RoundEvent } from '../api.ts';
import { notFound, RequestError } from './errors.ts';
import { followEvents } from './follow.ts';
import { isPlainName } from './paths.ts';
import { pngAgain } from './pictures.ts';
import { planOf, presets } from './presets.ts';
import type { ProjectContext } from './project.ts';
import { jsonOf, picture } from './request.ts';
import { optionsSchema, type RunPlace, runsOf } from './round-files.ts';
import type { Rounds } from './rounds.ts';

/** ms between looks at the run folders. */
const interval = 250;
/** Looks between signs of life. */
const heartbeat = 60;

export function roundRoutes(project: ProjectContext, rounds: Rounds): Hono {
  const app = new Hono();
  const nameOf = (c: Context): string => c.req.param('name') ?? '';
  const busy = (): string | null =>
    rounds.all().find(({ state }) => ['starting', 'running', 'stopping'].includes(state))?.name ??
    null;

  app.get('/training/presets', (c) => c.json(presets));
  app.post('/training/plan', async (c) =>
    c.json(planOf(await jsonOf(c, optionsSchema), project, busy())),
  );

  app.get('/rounds', (c) => c.json(rounds.all()));
  app.post('/rounds', async (c) => {
    const options = await jsonOf(c, optionsSchema);
    const { obstacles } = planOf(options, project, busy());
    if (obstacles.length > 0) throw new RequestError(409, obstacles[0]);
    const { inspector } = project;
    if (!inspector.known()?.manifest.coding) await inspector.settled(); // what its masks are
    return c.json(await project.exclusively(async () => rounds.begin(options)));
  });
  app.get('/rounds/:name', (c) => c.json(rounds.get(nameOf(c))));
  app.delete('/rounds/:name', (c) => {
    rounds.remove(nameOf(c));
    return c.body(null, 204);
  });
  app.post('/rounds/:name/pause', (c) => c.json(rounds.pause(nameOf(c))));
  app.post('/rounds/:name/resume', (c) => c.json(rounds.resume(nameOf(c))));
  app.post('/rounds/:name/stop', (c) => c.json(rounds.stop(nameOf(c))));

  app.get('/rounds/:name/events', (c) => {
    const name = nameOf(c);
    rounds.get(name); // 404 before the stream begins
    const seen = parseSeen(c.req.header('Last-Event-ID') ?? c.req.query('after') ?? '');
    return streamSSE(c, (stream) => sendEvents(stream, { rounds, name, seen }));
  });

  app.get('/rounds/:name/runs/:method/previews/:file', async (c) => {
    const { folder } = findRun(c, rounds);
    const file = c.req.param('file');
    const path = join(runPaths(folder).previews, file);
    if (!isPlainName(file) || !existsSync(path)) throw notFound(file);
    return picture(c, await pngAgain(path), 'image/png');
  });
  return app;
}

/** The run that a path names. @throws RequestError */
export function findRun(c: Context, rounds: Rounds): RunPlace {
  const method = c.req.param('method') ?? '';
  const run = runsOf(rounds.paths(c.req.param('name') ?? '')).find((one) => one.method === method);
  if (run) return run;
  throw notFound(`Run ${method}`);
}

/** An event's id names the last that was sent of every run: `augment.120 genseg.33`. */
function parseSeen(text: string): Map<string, number> {
  const parts = text.matchAll(/([a-z-]+)\.(\d+)/g);
  return new Map([...parts].map(([, method, id]) => [method, Number(id)]));
}

const writeSeen = (seen: ReadonlyMap<string, number>): string =>
  [...seen].map(([method, id]) => `${method}.${id}`).join(' ');

/** What is worth telling of a round beside its events. */
const essence = ({ state, runs, labels }: Round): string =>
  JSON.stringify([
    state,
    labels,
    runs.map(({ state, scores, model, message }) => [state, scores, model, message]),
  ]);

async function sendEvents(
  stream: SSEStreamingApi,
  { rounds, name, seen }: { rounds: Rounds; name: string; seen: Map<string, number> },
): Promise<void> {
  const followers = new Map<string, ReturnType<typeof followEvents>>();
  let told = '';
  for (let looks = 0; !stream.aborted; looks++) {
    let round: Round;
    try {
      round = rounds.get(name);
    } catch {
      return; // removed meanwhile
    }
    if (essence(round) !== told) {
      told = essence(round);
      await stream.writeSSE({ event: 'round', data: JSON.stringify(round), id: writeSeen(seen) });
    }
    for (const { method, folder } of runsOf(rounds.paths(name))) {
      const follow =
        followers.get(method) ?? followEvents(runPaths(folder).events, seen.get(method));
      followers.set(method, follow);
      for (const event of follow()) {
        seen.set(method, event.id);
        const data: RoundEvent = { method, event };
        await stream.writeSSE({ event: 'run', data: JSON.stringify(data), id: writeSeen(seen) });
      }
    }
    if (looks % heartbeat === 0) await stream.write(': alive\n\n');
    await stream.sleep(interval);
  }
}
