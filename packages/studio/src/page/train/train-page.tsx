/** Step 3: one button to train, and every round that was trained, live or past. */
import { type Round, routes } from '../../api.ts';
import { useProjectEvents } from '../net/project-events.ts';
import { useResource } from '../net/use-resource.ts';
import { go } from '../route.ts';
import { Failure } from '../ui/note.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { Waiting } from '../ui/waiting.tsx';
import { RoundList } from './round-list.tsx';
import { RoundView } from './round-view.tsx';
import { StartPanel } from './start-panel.tsx';
import './train.css';

export function TrainPage({ name }: { name: string | null }) {
  const rounds = useResource<Round[]>(routes.rounds);
  useProjectEvents({ round: rounds.reload, again: rounds.reload });
  const { value, error, reload } = rounds;
  if (!value)
    return error ? <Failure message={error} retry={reload} /> : <Waiting what="the rounds" />;
  if (name !== null) return <RoundView key={name} name={name} onChange={reload} />;
  return (
    <div className="stack">
      <PageHead title="Train">
        {value.length === 0
          ? 'The studio learns to draw more images like yours, and from those to find the masks.'
          : 'Each round trains on the masks of the moment. Paint more, train again, and compare.'}
      </PageHead>
      <StartPanel
        onStart={(round) => {
          reload();
          go('train', round.name);
        }}
      />
      {value.length > 0 && <RoundList rounds={value} />}
    </div>
  );
}
