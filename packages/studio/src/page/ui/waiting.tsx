/** Shown while something is read. */
export function Waiting({ what }: { what: string }) {
  return (
    <p className="muted" role="status">
      Reading {what} …
    </p>
  );
}
