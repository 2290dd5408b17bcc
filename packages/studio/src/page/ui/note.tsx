/** Notes in the flow of a page: good news, things to know, failures with a way on. */
import type { ReactNode } from 'react';

export function Note({
  tone = 'plain',
  children,
}: {
  tone?: 'plain' | 'good' | 'open' | 'bad';
  children: ReactNode;
}) {
  return <div className={tone === 'plain' ? 'note' : `note ${tone}`}>{children}</div>;
}

/** A failure, read out at once; with `retry`, a button to try again. */
export function Failure({ message, retry }: { message: string; retry?: () => void }) {
  return (
    <div className="note bad" role="alert">
      <p>{message}</p>
      {retry && (
        <button type="button" className="button small" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}
