/** Step 2: paint masks. The list of images, the case in hand, and which one is next. */
import { useEffect } from 'react';
import { type DataTable, type Round, routes, type Suggestions } from '../../api.ts';
import { useProjectEvents } from '../net/project-events.ts';
import { useResource } from '../net/use-resource.ts';
import { newestModel } from '../results/newest-model.ts';
import { goInstead, hrefTo } from '../route.ts';
import { Failure, Note } from '../ui/note.tsx';
import { Waiting } from '../ui/waiting.tsx';
import { CaseEditor } from './case-editor.tsx';
import { CaseStrip } from './case-strip.tsx';
import { nextCase } from './next-case.ts';
import './annotate.css';

export function AnnotatePage({ caseId }: { caseId: string | null }) {
  const table = useResource<DataTable>(routes.data);
  const suggestions = useResource<Suggestions>(routes.suggestions);
  const rounds = useResource<Round[]>(routes.rounds);
  useProjectEvents({
    data: table.reload,
    suggestions: suggestions.reload,
    round: rounds.reload,
    again: table.reload,
  });
  const rows = table.value?.rows;
  const first = rows && (nextCase(rows, suggestions.value, null)?.id ?? rows[0]?.id);
  // Without a name the address takes the first to paint, and stays with it when it has its mask.
  useEffect(() => {
    if (caseId === null && first !== undefined) goInstead('annotate', first);
  }, [caseId, first]);
  if (!rows) {
    return (
      <div className="alone">
        {table.error ? (
          <Failure message={table.error} retry={table.reload} />
        ) : (
          <Waiting what="the images" />
        )}
      </div>
    );
  }
  if (rows.length === 0) {
    return (
      <div className="alone">
        <h1>Annotate</h1>
        <Note>
          There is no image to paint on yet. <a href={hrefTo('data')}>Bring some in.</a>
        </Note>
      </div>
    );
  }
  if (caseId === null) return null;
  const row = rows.find(({ id }) => id === caseId);
  return (
    <>
      <CaseStrip rows={rows} current={caseId} />
      {row ? (
        <CaseEditor
          key={row.id}
          row={row}
          model={newestModel(rounds.value ?? [])}
          suggestions={suggestions.value}
          onSuggestions={suggestions.accept}
          next={nextCase(rows, suggestions.value, row.id)}
        />
      ) : (
        <div className="alone">
          <h1>Annotate</h1>
          <Note tone="open">There is no image called {caseId} in this project.</Note>
        </div>
      )}
    </>
  );
}
