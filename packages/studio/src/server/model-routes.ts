/** A model at work: pre-filled masks, which image next, and predictions on new images. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Hono } from 'hono';
import { z } from 'zod';
import { attachment, filesBelow, zipped } from './downloads.ts';
import { notFound } from './errors.ts';
import { encodeIds, parseMask } from './masks.ts';
import { asIds, modelFolder, modelSchema, predict } from './model.ts';
import { createGate, imagePng, pngAgain } from './pictures.ts';
import { createPredictions } from './predictions.ts';
import type { ProjectContext } from './project.ts';
import { jsonOf, numberOf, picture } from './request.ts';
import type { Rounds } from './rounds.ts';
import { createSuggester } from './suggestions.ts';

export function modelRoutes(project: ProjectContext, rounds: Rounds): Hono {
  const { paths, table } = project;
  const predictions = createPredictions(project, rounds);
  const suggester = createSuggester(project, rounds);
  const gate = createGate();
  /** LibTorch takes memory: one model at a time. */
  const oneModel = createGate(1);
  const app = new Hono();

  /** @param classes of the model, which may be fewer than the project's by now. */
  const idsOf = async (path: string, classes: number): Promise<Buffer> => {
    const mask = await parseMask(readFileSync(path), 'The predicted mask');
    return await encodeIds({ ...mask, ids: asIds(mask.ids, classes) });
  };

  app.post('/cases/:id/prefill', async (c) => {
    const row = table.row(c.req.param('id'));
    if (!row) throw notFound(c.req.param('id'));
    const model = modelFolder(rounds, await jsonOf(c, modelSchema));
    const out = mkdtempSync(join(paths.hidden, 'prefill-'));
    try {
      const inputs = [join(paths.root, row.image)];
      const { written, failed } = await oneModel(() => predict({ model, inputs, out, fast: true }));
      if (written.length === 0) return c.json({ error: failed[0].error }, 422);
      const [{ mask, classes }] = written;
      return picture(c, await idsOf(mask, Object.keys(classes).length + 1), 'image/png');
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  });

  app.get('/suggestions', (c) => c.json(suggester.get()));
  app.post('/suggestions', async (c) => c.json(suggester.begin(await jsonOf(c, modelSchema))));

  app.get('/predictions', (c) => c.json(predictions.all()));
  app.post('/predictions', async (c) => {
    const { model } = await jsonOf(c, z.object({ model: modelSchema }));
    return c.json(predictions.open(model));
  });
  app.get('/predictions/:id', (c) => c.json(predictions.get(c.req.param('id'))));
  app.post('/predictions/:id', (c) => c.json(predictions.start(c.req.param('id'))));
  app.delete('/predictions/:id', (c) => {
    predictions.remove(c.req.param('id'));
    return c.body(null, 204);
  });
  app.put('/predictions/:id/files', async (c) =>
    c.json(await predictions.receive(c.req.param('id'), c.req.query('path') ?? '', c.req.raw)),
  );

  app.get('/predictions/:id/areas.csv', (c) => {
    const id = c.req.param('id');
    const path = join(predictions.folder(id), 'masks', 'predictions.csv');
    if (!existsSync(path)) throw notFound('The table of areas');
    const name = `areas-${id}.csv`;
    const text = readFileSync(path, 'utf8').replaceAll(`${predictions.folder(id)}/images/`, '');
    return c.body(text, 200, attachment(name, 'text/csv; charset=utf-8'));
  });
  app.get('/predictions/:id/masks.zip', (c) => {
    const id = c.req.param('id');
    const files = filesBelow(join(predictions.folder(id), 'masks'), 'masks');
    if (files.length === 0) throw notFound('The masks');
    return zipped(c, files, `masks-${id}.zip`);
  });
  app.get('/predictions/:id/:kind{image|overlay|mask}/:name', async (c) => {
    const { id, kind, name } = c.req.param();
    const files = predictions.files(id, name);
    const size =
      c.req.query('size') === undefined
        ? undefined
        : numberOf(c, 'size', { least: 64, most: 4096, otherwise: 1024 });
    const bytes = await gate(() => {
      if (kind === 'mask') return idsOf(files.mask, files.classes);
      return kind === 'image' ? imagePng(files.image, size) : pngAgain(files.overlay, size);
    });
    return picture(c, bytes, 'image/png');
  });
  return app;
}
