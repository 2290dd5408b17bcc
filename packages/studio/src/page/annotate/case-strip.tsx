/**
 * All images as a strip of small pictures; those with a mask show it. For the Tab key it is one stop, however many
 * images there are: arrows lead from one to the next.
 */
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { type CaseRow, routes } from '../../api.ts';
import { hrefTo } from '../route.ts';

export function CaseStrip({ rows, current }: { rows: readonly CaseRow[]; current: string }) {
  const here = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (current) here.current?.scrollIntoView({ block: 'nearest' });
  }, [current]);
  const stop = rows.some(({ id }) => id === current) ? current : rows[0]?.id;
  const open = rows.filter(({ mask }) => mask === null).length;
  return (
    <nav className="strip" aria-label="Images">
      <p className="small muted">{open === 0 ? 'All have masks' : `${open} without a mask`}</p>
      <ul className="plain" onKeyDown={walk}>
        {rows.map((row) => (
          <li key={row.id}>
            <a
              ref={row.id === current ? here : undefined}
              href={hrefTo('annotate', row.id)}
              tabIndex={row.id === stop ? 0 : -1}
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

/** Arrows, Home and End move the focus along the strip. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const links = [...event.currentTarget.querySelectorAll('a')];
  const here = links.indexOf(document.activeElement as HTMLAnchorElement);
  const target: Record<string, number> = {
    ...{ ArrowUp: here - 1, ArrowDown: here + 1, Home: 0, End: links.length - 1 },
  };
  const link = links[target[event.key] ?? -1];
  if (!link) return;
  event.preventDefault();
  link.focus();
}
