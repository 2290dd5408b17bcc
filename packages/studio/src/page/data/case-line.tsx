/** One image of the table: its pictures, what is known of it, and what may be changed. */
import { useState } from 'react';
import { type CaseChange, type CaseRow, type ClassInfo, routes, type Split } from '../../api.ts';
import { hrefTo } from '../route.ts';
import { CalmImage } from '../ui/calm-image.tsx';
import { percent } from '../words/format.ts';
import { classShares } from './filter.ts';

const uses: Record<Split | 'auto', string> = {
  auto: 'train or validate',
  train: 'train',
  validation: 'validate',
  test: 'test',
};

export function CaseLine({
  row,
  index,
  classes,
  onChange,
}: {
  row: CaseRow;
  index: number;
  classes: readonly ClassInfo[];
  onChange: (change: CaseChange) => void;
}) {
  const shares = classShares(row.labels, classes);
  const size = row.width === null ? 'size not read yet' : `${row.width} × ${row.height} px`;
  return (
    <tr aria-rowindex={index}>
      <td className="picture">
        <Thumbnail row={row} overlay={false} />
      </td>
      <td className="picture">
        {row.mask === null ? (
          <span className="tag open">no mask</span>
        ) : (
          <Thumbnail row={row} overlay />
        )}
      </td>
      <th scope="row">
        <span className="clip" title={row.image}>
          {row.id}
        </span>
        <small className="muted clip" title={[size, ...row.inferred].join('\n')}>
          {[size, ...row.inferred].join(' · ')}
        </small>
      </th>
      <td>
        <span className="clip">
          {shares.map(({ id, name, share }) => (
            <span key={id} className="share">
              <i className="swatch" style={{ background: classes[id]?.colour }} /> {name}{' '}
              {percent(share)}
            </span>
          ))}
          {row.mask !== null && row.labels !== null && shares.length === 0 && 'only background'}
        </span>
      </td>
      <td>
        <PatientField row={row} onChange={onChange} />
      </td>
      <td>
        <select
          aria-label={`Use of ${row.id}`}
          value={row.split ?? 'auto'}
          onChange={({ target: { value } }) =>
            onChange({ id: row.id, split: value === 'auto' ? null : (value as Split) })
          }
        >
          {Object.entries(uses).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </td>
      <td>
        <a className="button small" href={hrefTo('annotate', row.id)}>
          {row.mask === null ? 'Paint' : 'Edit'} <span className="visually-hidden">{row.id}</span>
        </a>
      </td>
    </tr>
  );
}

function Thumbnail({ row, overlay }: { row: CaseRow; overlay: boolean }) {
  return (
    <CalmImage
      src={routes.thumbnail(row.id, { size: 128, revision: row.revision, overlay })}
      alt={overlay ? `${row.id} with its mask` : row.id}
      side={60}
    />
  );
}

/** Kept while typing, given on leaving the field or Enter. */
function PatientField({ row, onChange }: { row: CaseRow; onChange: (change: CaseChange) => void }) {
  const [typed, setTyped] = useState<string>();
  const give = () => {
    if (typed === undefined) return;
    const patient = typed.trim() || null;
    if (patient !== row.patient) onChange({ id: row.id, patient });
    setTyped(undefined);
  };
  return (
    <input
      type="text"
      className="patient"
      aria-label={`Patient of ${row.id}`}
      placeholder="not known"
      value={typed ?? row.patient ?? ''}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={give}
      onKeyDown={(event) => {
        if (event.key === 'Enter') give();
        if (event.key === 'Escape') setTyped(undefined);
      }}
    />
  );
}
