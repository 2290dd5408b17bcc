import { expect, test } from 'vitest';
import { Html, html } from './html.ts';

test('values are escaped, markup is not', () => {
  const name = '<img src=x onerror="alert(\'1\')"> & co';
  const escaped = '&#60;img src=x onerror=&#34;alert(&#39;1&#39;)&#34;&#62; &#38; co';
  expect(html`<p title="${name}">${html`<b>${name}</b>`}</p>`.text).toBe(
    `<p title="${escaped}"><b>${escaped}</b></p>`,
  );
});

test('lists are joined, numbers are text, nothing is nothing', () => {
  const items = ['a', '<', 3].map((item) => html`<li>${item}</li>`);
  expect(html`<ul>${items}</ul>${null}${undefined}${false}${0}`.text).toBe(
    '<ul><li>a</li><li>&#60;</li><li>3</li></ul>0',
  );
  expect(html`${['<', new Html('<br>')]}`.text).toBe('&#60;<br>');
});
