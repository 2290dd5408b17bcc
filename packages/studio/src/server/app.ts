/** The server's routes, behind their guards. */
import { Hono } from 'hono';
import { dataRoutes } from './data-routes.ts';
import { modelRoutes } from './model-routes.ts';
import { pageFile } from './page-files.ts';
import type { ProjectContext } from './project.ts';
import { projectRoutes } from './project-routes.ts';
import { answerError } from './request.ts';
import { resultRoutes } from './result-routes.ts';
import { roundRoutes } from './round-routes.ts';
import { createRounds } from './rounds.ts';
import { type Access, enterByToken, guardApi, guardHost } from './security.ts';

export function createApp(project: ProjectContext, access: Access): Hono {
  const rounds = createRounds(project.paths, project.hub);
  const app = new Hono();
  app.onError(answerError);
  app.use(guardHost(access));
  app.use('/api/*', guardApi(access));
  app.route('/api', projectRoutes(project));
  app.route('/api', dataRoutes(project));
  app.route('/api', roundRoutes(project, rounds));
  app.route('/api', resultRoutes(project, rounds));
  app.route('/api', modelRoutes(project, rounds));
  app.all('/api/*', (c) => c.json({ error: 'There is no such address' }, 404));
  app.get('/', enterByToken(access));
  app.get('*', pageFile);
  return app;
}
