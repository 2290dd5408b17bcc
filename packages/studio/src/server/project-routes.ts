/** /api/project, /api/demo, /api/imports and the hints of /api/events. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import type { ClassInfo } from '../api.ts';
import { declaresItself } from './declared.ts';
import { fillWithDemo } from './demo.ts';
import { RequestError } from './errors.ts';
import type { ProjectContext } from './project.ts';
import { jsonOf } from './request.ts';
import { classesSchema } from './settings.ts';

const changeSchema = z.object({
  name: z.string().trim().min(1).max(120).optional(),
  classes: classesSchema.optional(),
  pixelSize: z.number().positive().max(1000).nullable().optional(),
});

const importSchema = z.object({
  as: z.enum(['auto', 'images', 'masks', 'test-set']),
  name: z.string().optional(),
});

/** Seconds between signs of life on a stream: a proxy or a browser gives up on a silent one. */
const heartbeat = 15;

export function projectRoutes(project: ProjectContext): Hono {
  const { paths, settings, imports, table, hub, inspector } = project;
  const app = new Hono();

  app.get('/project', (c) => c.json(project.summary()));

  app.put('/project', async (c) => {
    const change = await jsonOf(c, changeSchema);
    const { classes } = change;
    const used = Math.max(0, ...(inspector.known()?.manifest.cases ?? []).map(lastUsed));
    if (classes && classes.length <= used) {
      throw new RequestError(409, `Masks use class ${used}; paint it away before you remove it`);
    }
    const names = (list: readonly ClassInfo[]) => list.map(({ name }) => name).join('\n');
    if (classes && declaresItself(paths) && names(classes) !== names(settings.get().classes)) {
      throw new RequestError(
        409,
        'The classes of this project are those of its dataset.json; change them there',
      );
    }
    await project.exclusively(async () => settings.change(change));
    hub.publish('data', { inspection: table.whole().inspection.state });
    return c.json(project.summary());
  });

  app.post('/demo', async (c) => {
    await project.exclusively(() => fillWithDemo(project));
    table.whole();
    return c.json(project.summary());
  });

  app.post('/imports', async (c) => c.json({ id: imports.open(await jsonOf(c, importSchema)) }));

  app.put('/imports/:id/files', async (c) =>
    c.json(await imports.receive(c.req.param('id'), c.req.query('path') ?? '', c.req.raw)),
  );

  app.post('/imports/:id', async (c) => {
    const finished = await project.exclusively(() =>
      imports.finish(c.req.param('id'), table.rows()),
    );
    hub.publish('data', { inspection: table.whole().inspection.state });
    return c.json(finished);
  });

  app.delete('/imports/:id', (c) => {
    imports.cancel(c.req.param('id'));
    return c.body(null, 204);
  });

  app.get('/events', (c) => hints(c, project));
  return app;
}

const lastUsed = ({ labels }: { labels: number[] | null }): number =>
  (labels ?? []).findLastIndex((pixels) => pixels > 0);

function hints(c: Context, { hub }: ProjectContext): Response {
  return streamSSE(c, async (stream) => {
    const unsubscribe = hub.subscribe((event, data) => {
      void stream.writeSSE({ event, data: JSON.stringify(data) });
    });
    stream.onAbort(unsubscribe);
    while (!stream.aborted) {
      await stream.write(': alive\n\n');
      await sleep(heartbeat * 1000, undefined, { ref: false }); // a server that is ended does not wait for it
    }
  });
}
