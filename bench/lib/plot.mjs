// @ts-check
// The benchmark's training steps as a picture: ours over Python's, in time and memory.

/** @typedef {import('./pair.mjs').Times} Times */

const [LEFT, WIDTH, ROW, TOP] = [250, 420, 22, 46]; // pixels: names, axis, a line's height, legend

/**
 * An SVG; a dot is a median, its bar reaches from least to most, a ring is peak memory.
 * @param {{ name: string, times: Times, memory: number[] }[]} steps
 */
export function plot(steps) {
  const compared = steps.flatMap(({ name, times: { ratio }, memory: [ours, python] }) =>
    ratio ? [{ name, ratio, memory: ours / python }] : [],
  );
  const largest = Math.max(1.1, ...compared.flatMap(({ ratio, memory }) => [ratio.most, memory]));
  const end = Math.ceil(largest * 5) / 5;
  const x = (/** @type {number} */ ratio) => (LEFT + (ratio / end) * WIDTH).toFixed(1);
  const bottom = TOP + compared.length * ROW;

  const ticks = Array.from({ length: Math.round(end * 5) + 1 }, (_, i) => i / 5).map(
    (tick) =>
      `<path d="M${x(tick)} ${TOP}V${bottom}" stroke="${tick === 1 ? '#333' : '#ddd'}"/>` +
      `<text x="${x(tick)}" y="${bottom + 16}" text-anchor="middle">${tick}</text>`,
  );
  const rows = compared.map(({ name, ratio, memory }, i) => {
    const y = TOP + (i + 0.5) * ROW;
    return (
      `<text x="${LEFT - 10}" y="${y + 4}" text-anchor="end">${name}</text>` +
      `<path d="M${x(ratio.least)} ${y}H${x(ratio.most)}" stroke="#06c" stroke-width="2"/>` +
      `<circle cx="${x(ratio.median)}" cy="${y}" r="4" fill="#06c"/>` +
      `<circle cx="${x(memory)}" cy="${y}" r="4" fill="none" stroke="#c40" stroke-width="2"/>`
    );
  });
  const size = `${LEFT + WIDTH + 30} ${bottom + 26}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="20">Training step of a U-Net, ours / Python's</text>
<text x="${LEFT}" y="36"><tspan fill="#06c">● time</tspan>, least to most &#160; <tspan fill="#c40">○ peak memory</tspan></text>
${[...ticks, ...rows].join('\n')}
</svg>
`;
}

const LEVELS = ['#9ecae1', '#6baed6', '#3182bd', '#08306b'];

/**
 * An SVG of iterations: a bar for each variant, its parts the levels, in seconds.
 * @param {{ title: string, measured: { name: string, wall: number, parts: number[] }[] }[]} plots
 * @param {string[]} stages
 */
export function plotIterations(plots, stages) {
  let y = TOP;
  const rows = plots.flatMap(({ title, measured }) => {
    const sum = (/** @type {number[]} */ parts) => parts.reduce((a, b) => a + b, 0);
    const longest = Math.max(...measured.map(({ wall }) => wall));
    const heading = `<text x="${LEFT}" y="${y + 14}" font-weight="bold">${title}</text>`;
    y += ROW;
    const bars = measured.map(({ name, wall, parts }) => {
      let x = LEFT;
      const boxes = parts.map((part, i) => {
        const width = (part / sum(parts)) * (wall / longest) * WIDTH; // medians need not add up
        const box = `<rect x="${x.toFixed(1)}" y="${y + 3}" width="${width.toFixed(1)}" height="${ROW - 6}" fill="${LEVELS[i]}"/>`;
        x += width;
        return box;
      });
      const text = `<text x="${LEFT - 10}" y="${y + 15}" text-anchor="end">${name}</text><text x="${(x + 6).toFixed(1)}" y="${y + 15}">${wall.toFixed(2)} s</text>`;
      y += ROW;
      return text + boxes.join('');
    });
    y += ROW / 2;
    return [heading, ...bars];
  });
  const legend = stages.map(
    (stage, i) =>
      `<rect x="${LEFT + i * 110}" y="24" width="12" height="12" fill="${LEVELS[i]}"/><text x="${LEFT + 16 + i * 110}" y="34">${stage}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${LEFT + WIDTH + 70} ${y}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="16">One iteration, by level; medians</text>
${[...legend, ...rows].join('\n')}
</svg>
`;
}

const PANEL = { width: 190, height: 130, gap: 50, left: 55, top: 60 }; // pixels
const COLOURS = ['#06c', '#c40'];

/**
 * An SVG with a panel for each curve: processor time in milliseconds by what grows, along a logarithmic axis.
 * @param {import('../growth.mjs').Curve[]} curves
 * @param {readonly string[]} names of the lines
 */
export function plotGrowth(curves, names) {
  const { width, height, gap, left, top } = PANEL;
  const panels = curves.map(({ what, points }, panel) => {
    const from = left + panel * (width + gap);
    const [least, greatest] = [points[0], points[points.length - 1]].map(({ value }) => value);
    const most = Math.max(...points.flatMap(({ seconds }) => seconds)) * 1.05;
    const x = (/** @type {number} */ value) =>
      (from + 10 + (Math.log(value / least) / Math.log(greatest / least)) * (width - 20)).toFixed(
        1,
      );
    const y = (/** @type {number} */ s) => (top + height - (s / most) * height).toFixed(1);
    const lines = names.map((_, i) => {
      const dots = points.map(({ value, seconds }) => `${x(value)},${y(seconds[i])}`);
      const marks = points.map(
        ({ value, seconds }) =>
          `<circle cx="${x(value)}" cy="${y(seconds[i])}" r="3" fill="${COLOURS[i]}"/>`,
      );
      return `<polyline points="${dots.join(' ')}" fill="none" stroke="${COLOURS[i]}" stroke-width="2"/>${marks.join('')}`;
    });
    const values = points.map(
      ({ value }) =>
        `<text x="${x(value)}" y="${top + height + 15}" text-anchor="middle">${value}</text>`,
    );
    const axes = `<path d="M${from} ${top}V${top + height}H${from + width}" fill="none" stroke="#333"/>`;
    const scale = [most / 1.05, most / 2.1].map(
      (s) =>
        `<text x="${from - 6}" y="${Number(y(s)) + 4}" text-anchor="end">${(1000 * s).toFixed(0)}</text>`,
    );
    const [title, note = ''] = what.split(' (');
    const heading = `<text x="${from}" y="${top - 20}" font-weight="bold">${title}</text>`;
    const small = note && `<text x="${from}" y="${top - 6}">${note.replace(')', '')}</text>`;
    return [heading, small, axes, ...scale, ...values, ...lines].join('');
  });
  const legend = names.map(
    (name, i) => `<text x="${left + 230 + i * 60}" y="20" fill="${COLOURS[i]}">● ${name}</text>`,
  );
  const right = left + curves.length * (width + gap);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${right} ${top + height + 30}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${left}" y="20">Processor time of an iteration, ms, by</text>
${[...legend, ...panels].join('\n')}
</svg>
`;
}
