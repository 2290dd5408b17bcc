/** All images as a strip of small pictures; those with a mask show it. */
import { useEffect, useRef } from 'react';
import { type CaseRow, routes } from '../../api.ts';
import { hrefTo } from '../route.ts';

export function CaseStrip({ rows, current }: { rows: readonly CaseRow[]; current: string }) {
  const here = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (current) here.current?.scrollIntoView({ block: 'nearest' });
  }, [current]);
  const open = rows.filter(({ mask }) => mask === null).length;
  return (
    <nav className="strip" aria-label="Images">
      <p className="small muted">{open === 0 ? 'All have masks' : `${open} without a mask`}</p>
      <ul className="plain">
        {rows.map((row) => (
          <li key={row.id}>
            <a
              ref={row.id === current ? here : undefined}
              href={hrefTo('annotate', row.id)}
              aria-current={row.id === current ? 'true' : undefined}
            >
              <img
                src={routes.thumbnail(row.id, {
                  ...{ size: 128, revision: row.revision, overlay: row.mask !== null },
                })}
                alt=""
                width={84}
                height={84}
                loading="lazy"
                decoding="async"
              />
              <span className="clip small">{row.id}</span>
              {row.mask === null && <span className="tag open">no mask</span>}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
