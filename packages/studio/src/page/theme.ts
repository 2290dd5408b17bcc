/** Light or dark: as the system is, unless the reader chose. */
import { useEffect, useState } from 'react';

export type Theme = 'light' | 'dark';
const key = 'genseg-studio-theme';

const system = (): Theme => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
const chosen = (): Theme | null => {
  const stored = localStorage.getItem(key);
  return stored === 'light' || stored === 'dark' ? stored : null;
};

export function useTheme(): [theme: Theme, toggle: () => void] {
  const [theme, setTheme] = useState<Theme>(() => chosen() ?? system());
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  useEffect(() => {
    const media = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(chosen() ?? system());
    media.addEventListener('change', follow);
    return () => media.removeEventListener('change', follow);
  }, []);
  const toggle = () => {
    const other = theme === 'light' ? 'dark' : 'light';
    localStorage.setItem(key, other);
    setTheme(other);
  };
  return [theme, toggle];
}
