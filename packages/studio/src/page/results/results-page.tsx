/** Step 4: how good a round is, where it fails, and how rounds compare. */
import {
  type Comparison,
  type DataTable,
  type Round,
  type RoundResults,
  routes,
} from '../../api.ts';
import { useProjectEvents } from '../net/project-events.ts';
import { useResource } from '../net/use-resource.ts';
import { go, hrefTo } from '../route.ts';
import { Failure, Note } from '../ui/note.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { Waiting } from '../ui/waiting.tsx';
import { CompareRounds } from './compare-rounds.tsx';
import { RoundScores } from './round-scores.tsx';
import './results.css';

export function ResultsPage({ name }: { name: string | null }) {
  const rounds = useResource<Round[]>(routes.rounds);
  const tested = rounds.value?.filter(({ runs }) => runs.some(({ scores }) => scores.length > 0));
  const shown = name ?? tested?.[0]?.name ?? null;
  const results = useResource<RoundResults>(shown === null ? null : routes.results(shown));
  const comparison = useResource<Comparison>(routes.comparison);
  const table = useResource<DataTable>(routes.data);
  const refresh = () => {
    rounds.reload();
    results.reload();
    comparison.reload();
  };
  useProjectEvents({ round: refresh, again: refresh });
  if (!rounds.value)
    return rounds.error ? (
      <Failure message={rounds.error} retry={rounds.reload} />
    ) : (
      <Waiting what="the rounds" />
    );
  if (shown === null)
    return (
      <div className="stack">
        <PageHead title="Results" />
        <Note>
          No round has been tested yet. <a href={hrefTo('train')}>Train one</a>, and its results
          come here.
        </Note>
      </div>
    );
  const choices = [...new Set([...(tested ?? []).map((round) => round.name), shown])];
  return (
    <div className="stack">
      <PageHead
        title="Results"
        actions={
          <label className="row">
            Round
            <select value={shown} onChange={({ target }) => go('results', target.value)}>
              {choices.map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </select>
          </label>
        }
      >
        How well the model finds what you painted, on images that it was not trained on.
      </PageHead>
      {results.error && <Failure message={results.error} retry={results.reload} />}
      {!results.value && !results.error && <Waiting what={shown} />}
      {results.value && (
        <RoundScores key={shown} results={results.value} rows={table.value?.rows ?? []} />
      )}
      {comparison.value && <CompareRounds comparison={comparison.value} current={shown} />}
    </div>
  );
}
