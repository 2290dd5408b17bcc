/** The project, for all components that need its classes, sizes or limits. */
import { createContext, useContext } from 'react';
import type { Project } from '../api.ts';
import type { Resource } from './net/use-resource.ts';

export interface OpenProject {
  readonly project: Project;
  readonly accept: Resource<Project>['accept'];
  readonly reload: () => void;
}

export const ProjectContext = createContext<OpenProject | null>(null);

/** @throws Error outside of the app's frame */
export function useProject(): OpenProject {
  const open = useContext(ProjectContext);
  if (!open) throw new Error('useProject: no project is open here; render inside App');
  return open;
}
