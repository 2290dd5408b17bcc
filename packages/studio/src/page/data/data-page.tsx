/** Step 1: bring images and masks in, see what was understood, and mend what is wrong. */
import { type CaseChange, type DataTable, type Mend, routes } from '../../api.ts';
import { Welcome } from '../demo/welcome.tsx';
import { useProjectEvents } from '../net/project-events.ts';
import { sendJson } from '../net/request.ts';
import { useAction } from '../net/use-action.ts';
import { useResource } from '../net/use-resource.ts';
import { useProject } from '../project.ts';
import { hrefTo } from '../route.ts';
import { Failure, Note } from '../ui/note.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { Waiting } from '../ui/waiting.tsx';
import { plural } from '../words/format.ts';
import { CaseTable } from './case-table.tsx';
import { Classes } from './classes.tsx';
import { ImportPanel } from './import-panel.tsx';
import { Problems } from './problems.tsx';
import { Splits } from './splits.tsx';

export function DataPage() {
  const { reload: reloadProject } = useProject();
  const { value: table, error, reload, accept } = useResource<DataTable>(routes.data);
  useProjectEvents({ data: reload, again: reload });
  const mend = useAction(async (what: Mend) =>
    accept(await sendJson<DataTable>('POST', routes.mends, what)),
  );
  const change = useAction(async (what: CaseChange[]) =>
    accept(await sendJson<DataTable>('PATCH', routes.cases, what)),
  );
  const refresh = () => {
    reload();
    reloadProject();
  };
  if (!table)
    return error ? <Failure message={error} retry={reload} /> : <Waiting what="the images" />;
  const empty = table.rows.length === 0;
  const labelled = table.rows.filter(({ mask }) => mask !== null).length;
  return (
    <div className="stack">
      <PageHead
        title="Data"
        actions={
          empty ? null : labelled < table.rows.length && labelled < 9 ? (
            <NextLink step="annotate" words="Paint masks" />
          ) : (
            <NextLink step="train" words="Go on to training" />
          )
        }
      >
        {empty
          ? 'Images of one kind, and masks for a few of them: nine are enough to begin with.'
          : `${plural(table.rows.length, 'image')}, ${labelled} of them with a mask.`}
      </PageHead>
      {empty && <Welcome onDone={refresh} />}
      <ImportPanel compact={!empty} onDone={refresh} />
      {[mend.error, change.error].map(
        (message) => message && <Failure key={message} message={message} />,
      )}
      {!empty && (
        <>
          <InspectionNote table={table} />
          <Problems table={table} busy={mend.busy} onMend={mend.run} />
          <div className="columns">
            <Splits table={table} busy={change.busy} onChanges={change.run} />
            <Classes />
            <Inferred table={table} />
          </div>
          <CaseTable table={table} onChange={(one) => change.run([one])} />
        </>
      )}
    </div>
  );
}

function NextLink({ step, words }: { step: 'annotate' | 'train'; words: string }) {
  return (
    <a className="button primary" href={hrefTo(step)}>
      {words}
    </a>
  );
}

function InspectionNote({ table: { inspection } }: { table: DataTable }) {
  if (inspection.state === 'failed')
    return (
      <Note tone="bad">
        The data could not be looked through: {inspection.error ?? 'no reason was given'}
      </Note>
    );
  if (inspection.state === 'fresh') return null;
  return (
    <p className="muted" role="status">
      Looking through the files; sizes and problems follow …
    </p>
  );
}

/** Everything that was concluded rather than told. */
function Inferred({ table: { inferred: lines, inspection } }: { table: DataTable }) {
  return (
    <section className="card" aria-labelledby="inferred">
      <h2 id="inferred">What was understood</h2>
      {lines.length === 0 ? (
        <p className="muted">
          {inspection.state === 'fresh' ? 'Nothing had to be guessed.' : 'Not looked through yet.'}
        </p>
      ) : (
        <ul>
          {lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
    </section>
  );
}
