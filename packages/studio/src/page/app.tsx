/** The frame: the bar with the five steps, and the step that the address names. */
import { lazy, Suspense, useEffect, useMemo, useRef } from 'react';
import { type Project, routes } from '../api.ts';
import { DataPage } from './data/data-page.tsx';
import { Guide } from './demo/guide.tsx';
import { useProjectEvents } from './net/project-events.ts';
import { useResource } from './net/use-resource.ts';
import { ProjectContext } from './project.ts';
import { hrefTo, type Step, steps, useRoute } from './route.ts';
import { useTheme } from './theme.ts';
import { Failure } from './ui/note.tsx';
import { Waiting } from './ui/waiting.tsx';

const AnnotatePage = lazy(async () => ({
  default: (await import('./annotate/annotate-page.tsx')).AnnotatePage,
}));
const TrainPage = lazy(async () => ({
  default: (await import('./train/train-page.tsx')).TrainPage,
}));
const ResultsPage = lazy(async () => ({
  default: (await import('./results/results-page.tsx')).ResultsPage,
}));
const UsePage = lazy(async () => ({ default: (await import('./use/use-page.tsx')).UsePage }));

const titles: Record<Step, string> = {
  data: 'Data',
  annotate: 'Annotate',
  train: 'Train',
  results: 'Results',
  use: 'Use',
};

export function App() {
  const route = useRoute();
  const [theme, toggleTheme] = useTheme();
  const { value: project, error, accept, reload } = useResource<Project>(routes.project);
  const open = useMemo(
    () => (project ? { project, accept, reload } : null),
    [project, accept, reload],
  );
  useProjectEvents({ data: reload, round: reload, again: reload });
  const main = useRef<HTMLElement>(null);
  const shown = useRef(route.step);
  useEffect(() => {
    document.title = `${titles[route.step]} · ${project?.name ?? 'GenSeg Studio'}`;
    // A new page is announced and read from its start; the first one keeps the browser's own focus.
    if (shown.current !== route.step) main.current?.focus();
    shown.current = route.step;
  }, [route.step, project?.name]);
  return (
    <>
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header className="bar">
        <div className="brand">
          <strong>GenSeg Studio</strong>
          {project && <span title={project.folder}>{project.name}</span>}
        </div>
        <nav className="steps" aria-label="Steps">
          {steps.map((step, i) => (
            <a
              key={step}
              href={hrefTo(step)}
              aria-current={step === route.step ? 'page' : undefined}
            >
              <span className="place" aria-hidden="true">
                {i + 1}
              </span>
              {titles[step]}
            </a>
          ))}
        </nav>
        <button
          type="button"
          className="button small"
          onClick={toggleTheme}
          aria-label={theme === 'light' ? 'Use dark colours' : 'Use light colours'}
        >
          {theme === 'light' ? 'Dark' : 'Light'}
        </button>
      </header>
      {open && (
        <ProjectContext value={open}>
          <Guide step={route.step} />
        </ProjectContext>
      )}
      <main
        id="main"
        ref={main}
        tabIndex={-1}
        className={route.step === 'annotate' ? 'full' : undefined}
      >
        {error && !project ? (
          <Failure message={error} retry={reload} />
        ) : !open ? (
          <Waiting what="the project" />
        ) : (
          <ProjectContext value={open}>
            <Suspense fallback={<Waiting what="this page" />}>
              {route.step === 'data' && <DataPage />}
              {route.step === 'annotate' && <AnnotatePage caseId={route.name} />}
              {route.step === 'train' && <TrainPage name={route.name} />}
              {route.step === 'results' && <ResultsPage name={route.name} />}
              {route.step === 'use' && <UsePage id={route.name} />}
            </Suspense>
          </ProjectContext>
        )}
      </main>
    </>
  );
}
