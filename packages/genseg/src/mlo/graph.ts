/**
 * Which problem depends on which. Two kinds of edges, checked when the graph is built:
 *
 *   upperToLower(u, l)   u's parameters enter l's loss            (A enters L_gan and L_seg)
 *   lowerToUpper(l, u)   u's loss depends on l's optimum          (validation loss of S*(A))
 */
import type { Parameter } from '../nn/index.ts';
import type { Problem } from './problem.ts';

export interface Edge {
  readonly kind: 'upperToLower' | 'lowerToUpper';
  readonly upper: Problem;
  readonly lower: Problem;
}

/** The upper problem's parameters enter the lower problem's loss. */
export const upperToLower = (upper: Problem, lower: Problem): Edge => ({
  kind: 'upperToLower',
  upper,
  lower,
});

/** The upper problem's loss depends on the lower problem's optimum. */
export const lowerToUpper = (lower: Problem, upper: Problem): Edge => ({
  kind: 'lowerToUpper',
  upper,
  lower,
});

const describe = (edge: Edge): string =>
  edge.kind === 'upperToLower'
    ? `upperToLower(${edge.upper.name}, ${edge.lower.name})`
    : `lowerToUpper(${edge.lower.name}, ${edge.upper.name})`;

export class Graph {
  readonly problems: readonly Problem[];
  readonly edges: readonly Edge[];

  /**
   * @throws TypeError for an edge given twice, a problem above itself, two problems of one name or with a
   *   parameter in common, an upper loss whose lower optimum the upper parameters cannot reach, and an
   *   edge downwards from which no upper loss is reached.
   */
  constructor(edges: readonly Edge[]) {
    this.edges = edges;
    this.problems = [...new Set(edges.flatMap((edge) => [edge.upper, edge.lower]))];
    this.#checkEdges();
    this.#checkProblems();
    for (const problem of this.problems) this.lowestFirst(problem);
    this.#checkChains();
  }

  /** The problems whose parameters enter this one's loss. */
  uppersOf(problem: Problem): Problem[] {
    return this.edges
      .filter((e) => e.kind === 'upperToLower' && e.lower === problem)
      .map((e) => e.upper);
  }

  /** The problems on whose optimum this one's loss depends. */
  lowersOf(problem: Problem): Problem[] {
    return this.edges
      .filter((e) => e.kind === 'lowerToUpper' && e.upper === problem)
      .map((e) => e.lower);
  }

  /** All problems below this one, each before every problem above it. */
  lowestFirst(upper: Problem): Problem[] {
    const order: Problem[] = [];
    const path: Problem[] = [];
    const visit = (problem: Problem) => {
      if (path.includes(problem)) {
        const cycle = [...path.slice(path.indexOf(problem)), problem].map((p) => p.name);
        throw new TypeError(`problems depend on themselves: ${cycle.join(' -> ')}`);
      }
      if (order.includes(problem)) return;
      path.push(problem);
      for (const e of this.edges)
        if (e.kind === 'upperToLower' && e.upper === problem) visit(e.lower);
      path.pop();
      order.push(problem);
    };
    visit(upper);
    return order.slice(0, -1);
  }

  #checkEdges(): void {
    const seen = new Set<string>();
    for (const edge of this.edges) {
      const text = describe(edge);
      if (seen.has(text)) throw new TypeError(`the edge ${text} is given twice`);
      seen.add(text);
      if (edge.upper === edge.lower)
        throw new TypeError(`${text}: a problem cannot be above itself`);
    }
  }

  /** Down and up belong together: else a path would be missing from the hypergradient, silently. */
  #checkChains(): void {
    const feedback = this.edges.filter((e) => e.kind === 'lowerToUpper');
    for (const edge of feedback) {
      const { upper, lower } = edge;
      if (this.lowestFirst(upper).includes(lower)) continue;
      throw new TypeError(
        `${describe(edge)}: no chain of upperToLower edges leads from ${upper.name} to ${lower.name}, so its hypergradient would be empty`,
      );
    }
    const judged = new Set(feedback.map((e) => e.lower));
    for (const edge of this.edges.filter((e) => e.kind === 'upperToLower')) {
      const { lower } = edge;
      if ([lower, ...this.lowestFirst(lower)].some((problem) => judged.has(problem))) continue;
      throw new TypeError(
        `${describe(edge)}: no upper loss looks at ${lower.name} or below it; an edge is missing`,
      );
    }
  }

  #checkProblems(): void {
    const names = new Set<string>();
    const owners = new Map<Parameter, string>();
    for (const { name, parameters } of this.problems) {
      if (names.has(name)) throw new TypeError(`two problems are called '${name}'`);
      names.add(name);
      for (const parameter of parameters) {
        const owner = owners.get(parameter);
        if (owner !== undefined)
          throw new TypeError(`problems '${owner}' and '${name}' share a parameter`);
        owners.set(parameter, name);
      }
    }
  }
}
