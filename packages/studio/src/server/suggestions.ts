/** Which image to paint next: the model looks at all without a mask, and says of which it is least sure. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeJsonAtomic } from 'genseg/run';
import type { ModelRef, Suggestions } from '../api.ts';
import { modelFolder, predict } from './model.ts';
import type { ProjectContext } from './project.ts';
import type { Rounds } from './rounds.ts';

export interface Suggester {
  get(): Suggestions;
  begin(model: ModelRef): Suggestions;
}

const nothing: Suggestions = { state: 'none', model: null, items: [], error: null };

export function createSuggester(project: ProjectContext, rounds: Rounds): Suggester {
  const { paths, table, hub } = project;
  let now = read(paths.suggestions);
  const change = (next: Suggestions) => {
    now = next;
    if (next.state !== 'running') writeJsonAtomic(paths.suggestions, next);
    hub.publish('suggestions', { state: next.state });
  };

  const run = async (model: ModelRef) => {
    const rows = table.rows().filter(({ mask, split }) => mask === null && split !== 'test');
    const out = mkdtempSync(join(paths.hidden, 'suggest-'));
    try {
      const files = new Map(rows.map(({ id, image }) => [join(paths.root, image), id]));
      const written =
        files.size === 0
          ? []
          : (await predict({ model: modelFolder(rounds, model), inputs: [...files.keys()], out }))
              .written;
      const items = written
        .map(({ image, uncertainty }) => ({ id: files.get(image)!, uncertainty: uncertainty ?? 0 }))
        .sort((a, b) => b.uncertainty - a.uncertainty);
      change({ state: 'ready', model, items, error: null });
    } catch (error) {
      change({ state: 'failed', model, items: [], error: (error as Error).message });
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  };

  return {
    /** Those that have got a mask since are left out. */
    get() {
      const unlabelled = new Set(table.rows().flatMap(({ id, mask }) => (mask === null ? id : [])));
      return { ...now, items: now.items.filter(({ id }) => unlabelled.has(id)) };
    },
    begin(model) {
      modelFolder(rounds, model);
      if (now.state !== 'running') {
        change({ ...nothing, state: 'running', model });
        void run(model);
      }
      return now;
    },
  };
}

function read(path: string): Suggestions {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Suggestions;
  } catch {
    return nothing; // never asked
  }
}
