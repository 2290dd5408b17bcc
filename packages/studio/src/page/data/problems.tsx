/** What is wrong with the data, each line with the buttons that mend it. */
import type { DataTable, Mend } from '../../api.ts';
import { go } from '../route.ts';
import { plural } from '../words/format.ts';
import { type Finding, findingsOf } from './findings.ts';
import './problems.css';

/** So many are shown at first. */
const few = 5;

export function Problems({
  table,
  busy,
  onMend,
}: {
  table: DataTable;
  busy: boolean;
  onMend: (mend: Mend) => void;
}) {
  const findings = findingsOf(table);
  if (findings.length === 0) return null;
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const line = (finding: Finding) => (
    <Line key={finding.key} finding={finding} busy={busy} onMend={onMend} />
  );
  return (
    <section className="card" aria-labelledby="problems">
      <h2 id="problems">
        {errors > 0
          ? `${plural(errors, 'problem')} to mend before training`
          : `${plural(findings.length, 'thing')} worth a look`}
      </h2>
      <ul className="plain problems">{findings.slice(0, few).map(line)}</ul>
      {findings.length > few && (
        <details>
          <summary>{findings.length - few} more</summary>
          <ul className="plain problems">{findings.slice(few).map(line)}</ul>
        </details>
      )}
    </section>
  );
}

function Line({
  finding: { severity, message, mends },
  busy,
  onMend,
}: {
  finding: Finding;
  busy: boolean;
  onMend: (mend: Mend) => void;
}) {
  return (
    <li>
      <span className={severity === 'error' ? 'tag bad' : 'tag open'}>
        {severity === 'error' ? 'error' : 'look'}
      </span>
      <span>{message}</span>
      <span className="row">
        {mends.map(({ label, mend }) => (
          <button
            key={label}
            type="button"
            className="button small"
            disabled={busy}
            onClick={() => (mend.kind === 'paint' ? go('annotate', mend.id) : onMend(mend))}
          >
            {label}
          </button>
        ))}
      </span>
    </li>
  );
}
