/** HTML and SVG as tagged templates that escape every value, so that no name can break a page. */

/** Text that is markup already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Content = string | number | Html | null | undefined | false | readonly Content[];

/** Values are escaped, for text as for quoted attributes; nested markup is kept, lists are joined. */
export const html = (markup: TemplateStringsArray, ...values: readonly Content[]): Html =>
  new Html(markup.reduce((text, part, i) => text + render(values[i - 1]) + part));

function render(content: Content): string {
  if (content === null || content === undefined || content === false) return '';
  if (content instanceof Html) return content.text;
  if (Array.isArray(content)) return content.map(render).join('');
  return String(content).replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
