/** For an empty project: how it goes, and a demo for those without data at hand. */
import { type Project, routes } from '../../api.ts';
import { sendJson } from '../net/request.ts';
import { useAction } from '../net/use-action.ts';
import { useProject } from '../project.ts';
import { Failure } from '../ui/note.tsx';
import { startGuide } from './guide-state.ts';

export function Welcome({ onDone }: { onDone: () => void }) {
  const { project, accept } = useProject();
  const demo = useAction(async () => {
    accept(await sendJson<Project>('POST', routes.demo));
    startGuide(project.folder);
    onDone();
  });
  return (
    <section className="card stack" aria-labelledby="welcome">
      <h2 id="welcome">From a few images to a model</h2>
      <ol>
        <li>Bring in your images, and the masks that you have.</li>
        <li>Paint masks for others, right here.</li>
        <li>
          Train: the studio learns to draw more such images, and from those to find the masks.
        </li>
        <li>See how good it is, and where it fails.</li>
        <li>Use it on new images.</li>
      </ol>
      {project.demo && (
        <div className="row">
          <button type="button" className="button primary" disabled={demo.busy} onClick={demo.run}>
            Try it with nine chest X-rays
          </button>
          <span className="muted">
            They are copied into this project; you need no data of your own.
          </span>
        </div>
      )}
      {demo.error && <Failure message={demo.error} />}
    </section>
  );
}
