/** /api/data, /api/mends, /api/cases: the table, its pictures, and the masks that are painted. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { CaseRow, MaskSaved } from '../api.ts';
import { notFound, RequestError } from './errors.ts';
import { encodeIds, parseMask, readMask, sizeOf, storeMask } from './masks.ts';
import { applyMend, changeCases } from './mends.ts';
import { cached, createGate, imagePng, thumbnail } from './pictures.ts';
import type { ProjectContext } from './project.ts';
import { receiveBytes } from './receive.ts';
import { jsonOf, numberOf, picture } from './request.ts';

const split = z.enum(['train', 'validation', 'test']).nullable();
const id = z.string().min(1).max(400);

const mendSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('remove-case'), id }),
  z.object({ kind: z.literal('remove-mask'), id }),
  z.object({ kind: z.literal('remove-file'), path: z.string() }),
  z.object({ kind: z.literal('paint'), id }),
  z.object({ kind: z.literal('keep'), id }),
  z.object({ kind: z.literal('same-patient'), ids: z.tuple([id, id]) }),
  z.object({ kind: z.literal('set-split'), id, split }),
]);

const changesSchema = z.array(
  z.object({
    id,
    patient: z.string().trim().min(1).max(120).nullable().optional(),
    split: split.optional(),
  }),
);

const largestMask = 64 * 2 ** 20;

export function dataRoutes(project: ProjectContext): Hono {
  const { paths, table, settings, inspector } = project;
  const gate = createGate();
  const app = new Hono();

  const rowOf = (c: Context, find = table.row): CaseRow => {
    const name = c.req.param('id') ?? '';
    const row = find(name);
    if (row && existsSync(join(paths.root, row.image))) return row;
    throw notFound(name);
  };
  const maskOf = (row: CaseRow) =>
    readMask(paths.root, row, {
      found: inspector.known(),
      classes: settings.get().classes.length,
    });

  app.get('/data', (c) => c.json(table.whole()));

  app.post('/mends', async (c) => {
    applyMend(paths, await jsonOf(c, mendSchema), { table, settings });
    return c.json(table.whole());
  });

  app.patch('/cases', async (c) => {
    changeCases(paths, await jsonOf(c, changesSchema), table);
    return c.json(table.whole());
  });

  app.get('/cases/:id/thumbnail', async (c) => {
    const size = numberOf(c, 'size', { least: 64, most: 1024, otherwise: 256 });
    const overlay = c.req.query('overlay') === '1';
    const row = rowOf(c, table.recentRow);
    const { classes } = settings.get();
    const colours = overlay ? `-${classes.map(({ colour }) => colour.slice(1)).join('')}` : '';
    const name = `${row.revision}-${size}${colours.slice(0, 100)}.webp`;
    const bytes = await gate(() =>
      cached(paths.thumbnails, name, async () => {
        const mask = overlay ? await maskOf(row) : null;
        const options = { size, classes, ...(mask && { mask }) };
        return await thumbnail(join(paths.root, row.image), options);
      }),
    );
    return picture(c, bytes, 'image/webp');
  });

  app.get('/cases/:id/image', async (c) => {
    const row = rowOf(c);
    return picture(c, await gate(() => imagePng(join(paths.root, row.image))), 'image/png');
  });

  app.get('/cases/:id/mask', async (c) => {
    const row = rowOf(c);
    const mask = await gate(() => maskOf(row));
    if (!mask) throw new RequestError(404, `${row.id} has no mask yet`);
    c.header('ETag', `"${row.revision}"`);
    return picture(c, await encodeIds(mask), 'image/png');
  });

  app.put('/cases/:id/mask', async (c) => {
    const row = rowOf(c);
    const bytes = await receiveBytes(c.req.raw, largestMask, `The mask of ${row.id}`);
    const size = await sizeOf(paths.root, row);
    const mask = await parseMask(bytes, row.id, size);
    return c.json(
      await project.exclusively(async (): Promise<MaskSaved> => {
        await project.speakIds();
        const now = table.row(row.id);
        const expected = c.req.header('If-Match')?.replaceAll('"', '');
        if (expected !== undefined && expected !== now?.revision) {
          throw new RequestError(
            412,
            `The mask of ${row.id} was changed elsewhere; reload it, or save without regard to that`,
          );
        }
        const classes = settings.get().classes.length;
        const labels = await storeMask(paths.root, row.id, { mask, classes });
        project.hub.publish('data', { inspection: 'stale' });
        return { revision: table.row(row.id)!.revision, labels };
      }),
    );
  });

  app.delete('/cases/:id/mask', (c) => {
    applyMend(paths, { kind: 'remove-mask', id: rowOf(c).id }, { table, settings });
    return c.json(table.whole());
  });

  return app;
}
