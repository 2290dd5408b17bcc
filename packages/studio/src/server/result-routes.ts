/** Results of rounds, their pictures and downloads, and rounds compared. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluationPaths, runPaths } from 'genseg/run';
import { Hono } from 'hono';
import { attachment, filesBelow, zipped } from './downloads.ts';
import { notFound } from './errors.ts';
import { isPlainName } from './paths.ts';
import { pngAgain } from './pictures.ts';
import type { ProjectContext } from './project.ts';
import { picture } from './request.ts';
import { compareRounds, resultsOf } from './results.ts';
import { findRun } from './round-routes.ts';
import type { Rounds } from './rounds.ts';

export function resultRoutes({ table, settings }: ProjectContext, rounds: Rounds): Hono {
  const app = new Hono();

  app.get('/comparison', (c) => c.json(compareRounds(rounds)));

  app.get('/rounds/:name/results', (c) => {
    const ids = new Set(table.rows().map(({ id }) => id));
    return c.json(resultsOf(rounds, c.req.param('name'), ids));
  });

  app.get('/rounds/:name/runs/:method/overlays/:set/:file', async (c) => {
    const { folder } = findRun(c, rounds);
    const { set, file } = c.req.param();
    if (!isPlainName(set) || !isPlainName(file)) throw notFound(file);
    const path = join(evaluationPaths(folder, set).overlays, file);
    if (!existsSync(path)) throw notFound(file);
    return picture(c, await pngAgain(path), 'image/png');
  });

  const title = (round: string, method: string, what: string) =>
    `${settings.get().name}-${round}-${method}-${what}`;

  app.get('/rounds/:name/runs/:method/report.html', (c) => {
    const { folder, method } = findRun(c, rounds);
    const { report } = runPaths(folder);
    if (!existsSync(report)) throw notFound('The report');
    const name = title(c.req.param('name'), method, 'report.html');
    return c.body(readFileSync(report, 'utf8'), 200, attachment(name, 'text/html; charset=utf-8'));
  });

  /** A run folder with all that `genseg predict` needs, and nothing of the images. */
  app.get('/rounds/:name/runs/:method/model.zip', (c) => {
    const { folder, method } = findRun(c, rounds);
    const paths = runPaths(folder);
    const model = filesBelow(paths.checkpoints.best, 'model/checkpoints/best');
    if (model.length === 0) throw notFound('The model');
    const names = ['config', 'environment', 'fingerprint', 'plan', 'manifest', 'splits'] as const;
    const others = [...names.map((name) => paths[name]), paths.modelCard, paths.events]
      .filter((path) => existsSync(path))
      .map((path) => ({ path, name: `model/${path.slice(folder.length + 1)}` }));
    const name = title(c.req.param('name'), method, 'model.zip');
    return zipped(c, [...model, ...others], name);
  });

  app.get('/rounds/:name/runs/:method/scores.zip', (c) => {
    const { folder, method } = findRun(c, rounds);
    const files = filesBelow(join(folder, 'eval'), 'scores');
    if (files.length === 0) throw notFound('The scores');
    return zipped(c, files, title(c.req.param('name'), method, 'scores.zip'));
  });
  return app;
}
