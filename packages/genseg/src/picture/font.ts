/**
 * A bitmap font of 5 x 7 dots for captions inside pictures: drawn without the fonts of the system, so
 * that a picture has the same bytes on every machine.
 */

/** Rows from the top as digits in base 32, whose five bits are the dots from the left. */
const glyphs: Readonly<Record<string, string>> = {
  ...{ a: '00e1fhf', b: 'gguhhhu', c: '00ehghe', d: '11fhhhf', e: '00ehvge', f: '68u8888' },
  ...{ g: '0fhhf1e', h: 'gguhhhh', i: '40c444e', j: '20622ic', k: 'ggiksih', l: 'c44444e' },
  ...{ m: '00ullll', n: '00uhhhh', o: '00ehhhe', p: '0uhhugg', q: '0fhhf11', r: '00mpggg' },
  ...{ s: '00fge1u', t: '88u8896', u: '00hhhhf', v: '00hhha4', w: '00hllla', x: '00ha4ah' },
  ...{ y: '0hhhf1e', z: '00v248v', 0: 'ehhlhhe', 1: '4c4444e', 2: 'eh168gv', 3: 'eh161he' },
  ...{ 4: '26aiv22', 5: 'vgu11he', 6: 'eguhhhe', 7: 'v122444', 8: 'ehhehhe', 9: 'ehhf11e' },
  ...{ '.': '00000cc', '-': '000e000' },
};

/** From one letter's left edge to the next one's, and from one line to the next. */
export const letterWidth = 6;
export const lineHeight = 9;

/** The dots of a text, `x` from its left and `y` from its top; letters not in the font leave a gap. */
export function textDots(text: string): { x: number; y: number }[] {
  return [...text.toLowerCase()].flatMap((letter, i) =>
    [...(glyphs[letter] ?? '')].flatMap((digit, y) =>
      [0, 1, 2, 3, 4]
        .filter((x) => (Number.parseInt(digit, 32) >> (4 - x)) & 1)
        .map((x) => ({ x: letterWidth * i + x, y })),
    ),
  );
}
