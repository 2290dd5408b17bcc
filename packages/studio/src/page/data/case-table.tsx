/**
 * The pairing table. Only rows in sight are in the document, all of one height, so that thousands of images
 * scroll as smoothly as ten; the table says how many rows it has in all.
 */
import { useRef, useState } from 'react';
import type { CaseChange, DataTable } from '../../api.ts';
import { useProject } from '../project.ts';
import { useVisibleRows } from '../ui/visible-rows.ts';
import { plural } from '../words/format.ts';
import { CaseLine } from './case-line.tsx';
import { type Filter, filterRows, filters } from './filter.ts';
import './case-table.css';

const rowHeight = 76;

export function CaseTable({
  table,
  onChange,
}: {
  table: DataTable;
  onChange: (change: CaseChange) => void;
}) {
  const { project } = useProject();
  const [filter, setFilter] = useState<Filter>('all');
  const [search, setSearch] = useState('');
  const rows = filterRows(table, filter, search);
  const body = useRef<HTMLTableSectionElement>(null);
  const { first, end } = useVisibleRows(body, rows.length, rowHeight);
  const shown = rows.slice(first, end);
  return (
    <section aria-label="Images and masks">
      <div className="row spread table-tools">
        <fieldset className="row bare">
          <legend className="visually-hidden">Show</legend>
          {(Object.keys(filters) as Filter[]).map((one) => (
            <button
              key={one}
              type="button"
              className="button small"
              aria-pressed={filter === one}
              onClick={() => setFilter(one)}
            >
              {filters[one]} {filterRows(table, one, '').length.toLocaleString('en')}
            </button>
          ))}
        </fieldset>
        <input
          type="text"
          aria-label="Search by name or patient"
          placeholder="Search by name or patient"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      </div>
      {rows.length === 0 ? (
        <p className="muted">No image fits.</p>
      ) : (
        <table className="cases" aria-rowcount={rows.length + 1}>
          <caption className="visually-hidden">
            {plural(rows.length, 'image')}, with masks, patients and splits
          </caption>
          <thead>
            <tr aria-rowindex={1}>
              <th scope="col">Image</th>
              <th scope="col">Mask</th>
              <th scope="col">Name</th>
              <th scope="col">What the mask holds</th>
              <th scope="col">Patient</th>
              <th scope="col">Used to</th>
              <th scope="col">
                <span className="visually-hidden">Paint</span>
              </th>
            </tr>
          </thead>
          <tbody ref={body}>
            <Space height={first * rowHeight} />
            {shown.map((row, i) => (
              <CaseLine
                key={row.id}
                row={row}
                index={first + i + 2}
                classes={project.classes}
                onChange={onChange}
              />
            ))}
            <Space height={(rows.length - end) * rowHeight} />
          </tbody>
        </table>
      )}
    </section>
  );
}

/** Stands for the rows that are not in sight. */
function Space({ height }: { height: number }) {
  return (
    <tr className="space">
      <td colSpan={7} style={{ height }} />
    </tr>
  );
}
