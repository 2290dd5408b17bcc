/** A modal dialog of the browser's own: it keeps the focus, and Escape closes it. */
import { type ReactNode, useEffect, useId, useRef } from 'react';

export function Dialog({
  title,
  wide = false,
  onClose,
  children,
}: {
  title: string;
  wide?: boolean;
  onClose: () => void;
  children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      className={wide ? 'wide-dialog' : undefined}
      aria-labelledby={heading}
      onClose={onClose}
    >
      <div className="stack">
        <div className="row spread">
          <h2 id={heading}>{title}</h2>
          <button type="button" className="button small" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
