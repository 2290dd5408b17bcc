import { expect, test } from 'vitest';
import { pathPattern, shown } from './template.ts';

test('a placeholder stands for a part of one name, an expression says which', () => {
  const { names, match } = pathPattern('{split:Training|Test}_Input/{id:ISIC_\\d{7}}.jpg');
  expect(names).toEqual(['split', 'id']);
  expect(match('any/where/Test_Input/ISIC_0000001.jpg')).toEqual({
    split: 'Test',
    id: 'ISIC_0000001',
  });
  expect(match('Test_Input/ISIC_1.jpg')).toBeNull();
  expect(match('Test_Input/sub/ISIC_0000001.jpg')).toBeNull();
  expect(match('Test_Input/ISIC_0000001.jpg.txt')).toBeNull();
  expect(pathPattern('{id}.png').match('a/b.png')).toEqual({ id: 'b' });
});

test('a template begins at a whole name', () => {
  const { match } = pathPattern('images/{id}.png');
  expect(match('images/a.png')).toEqual({ id: 'a' });
  expect(match('other images/a.png')).toBeNull();
});

test('capitals do not matter, what is special in expressions is not special in names', () => {
  const { match } = pathPattern('{kind:benign|normal} ({number:\\d+}).png');
  expect(match('x/Benign (12).PNG')).toEqual({ kind: 'Benign', number: '12' });
  expect(match('x/benign (12)_mask.png')).toBeNull();
  expect(pathPattern('a.b+c').match('axb+c')).toBeNull();
  expect(pathPattern('list.txt').match('of/list.txt')).toEqual({});
});

test('a name that comes again stands for the same text', () => {
  const { match } = pathPattern('{id}/{id}_lesion/{id}_lesion.bmp');
  expect(match('IMD002/IMD002_lesion/IMD002_lesion.bmp')).toEqual({ id: 'IMD002' });
  expect(match('IMD002/IMD003_lesion/IMD002_lesion.bmp')).toBeNull();
});

test('people are shown a template without expressions, and with what is known filled in', () => {
  const template = '{split:Train|Test}/{id:ISIC_\\d{7}}_mask.png';
  expect(shown(template)).toBe('{split}/{id}_mask.png');
  expect(shown(template, { split: 'Test' })).toBe('Test/{id}_mask.png');
});
