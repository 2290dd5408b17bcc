/** What the painter holds: the tool and its settings. */
export const tools = ['brush', 'eraser', 'polygon', 'fill', 'wand', 'threshold', 'move'] as const;
export type Tool = (typeof tools)[number];

export interface ToolState {
  readonly tool: Tool;
  /** The class that is painted. */
  readonly classId: number;
  /** px of the image. */
  readonly radius: number;
  /** Of the mask over the image, 0 to 1. */
  readonly opacity: number;
  /** How far from the clicked pixel's brightness the wand reaches, in levels of 256. */
  readonly tolerance: number;
  /** A key shows the bare image. */
  readonly maskHidden: boolean;
}

export const firstTools: ToolState = {
  ...{ tool: 'brush', classId: 1, radius: 12, opacity: 0.45, tolerance: 12, maskHidden: false },
};

export type ToolAction =
  | { readonly kind: 'tool'; readonly tool: Tool }
  | { readonly kind: 'class'; readonly classId: number }
  | { readonly kind: 'radius'; readonly radius: number }
  | { readonly kind: 'resize'; readonly factor: number }
  | { readonly kind: 'opacity'; readonly opacity: number }
  | { readonly kind: 'tolerance'; readonly tolerance: number }
  | { readonly kind: 'toggle-mask' };

export const radiusRange = [0.5, 200] as const;
const within = (value: number, [low, high]: readonly [number, number]) =>
  Math.min(high, Math.max(low, value));

export function changeTools(state: ToolState, action: ToolAction): ToolState {
  switch (action.kind) {
    case 'tool':
      return { ...state, tool: action.tool };
    case 'class':
      // Whoever picks a class wants to paint it.
      return {
        ...state,
        classId: action.classId,
        tool: state.tool === 'eraser' || state.tool === 'move' ? 'brush' : state.tool,
      };
    case 'radius':
      return { ...state, radius: within(action.radius, radiusRange) };
    case 'resize': {
      const resized = state.radius * action.factor;
      // Small brushes grow by whole steps, or a key would not be felt.
      const least = state.radius + Math.sign(action.factor - 1) * 0.5;
      const radius = action.factor > 1 ? Math.max(resized, least) : Math.min(resized, least);
      return { ...state, radius: within(Math.round(radius * 2) / 2, radiusRange) };
    }
    case 'opacity':
      return { ...state, opacity: within(action.opacity, [0, 1]), maskHidden: false };
    case 'tolerance':
      return { ...state, tolerance: within(Math.round(action.tolerance), [0, 255]) };
    case 'toggle-mask':
      return { ...state, maskHidden: !state.maskHidden };
  }
}

/** The class that a tool puts down. */
export const paintedClass = ({ tool, classId }: ToolState): number =>
  tool === 'eraser' ? 0 : classId;
