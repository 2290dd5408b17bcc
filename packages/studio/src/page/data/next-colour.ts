/** Colours for new classes: Okabe and Ito's palette (2008), which colour-blind readers can tell apart. */

const palette = ['#e69f00', '#56b4e9', '#009e73', '#cc79a7', '#f0e442', '#0072b2', '#d55e00'];

/** The first that no class has yet; when all are taken, they repeat. */
export function nextColour(classes: readonly { colour: string }[]): string {
  const taken = new Set(classes.slice(1).map(({ colour }) => colour.toLowerCase()));
  return (
    palette.find((colour) => !taken.has(colour)) ?? palette[(classes.length - 1) % palette.length]
  );
}
