import {
  type BrandVariants,
  createDarkTheme,
  createLightTheme,
  FluentProvider,
  teamsHighContrastTheme,
  type Theme,
} from '@fluentui/react-components';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useSyncExternalStore } from 'react';
import { useStored } from '../ui/stored';

/** What the person chose; system follows the operating system. */
export type ThemeChoice = 'system' | 'light' | 'dark' | 'contrast';
export type ThemeName = Exclude<ThemeChoice, 'system'>;

const brand: BrandVariants = {
  10: '#02121a', 20: '#04202e', 30: '#062f43', 40: '#083e58', 50: '#0a4d6d', 60: '#0b5c83', 70: '#0c6b98', 80: '#0b76a8',
  90: '#1f8bbd', 100: '#3d9acb', 110: '#5aaad6', 120: '#76b9e0', 130: '#92c8e9', 140: '#aed7f1', 150: '#cae5f7', 160: '#e5f3fc',
};

const light: Theme = { ...createLightTheme(brand) };
const dark: Theme = {
  ...createDarkTheme(brand),
  colorBrandForeground1: brand[120],
  colorBrandForeground2: brand[130],
  colorBrandForegroundLink: brand[120],
  colorCompoundBrandForeground1: brand[120],
};
const themes: Record<ThemeName, Theme> = { light, dark, contrast: teamsHighContrastTheme };

interface ThemeState {
  choice: ThemeChoice;
  name: ThemeName;
  choose: (choice: ThemeChoice) => void;
}

const Context = createContext<ThemeState>({ choice: 'system', name: 'light', choose: () => {} });

/** The theme in force and the way to change it. */
export const useTheme = () => useContext(Context);

function useMedia(query: string): boolean {
  const media = useMemo(() => window.matchMedia(query), [query]);
  return useSyncExternalStore(
    (changed) => {
      media.addEventListener('change', changed);
      return () => media.removeEventListener('change', changed);
    },
    () => media.matches,
  );
}

/** Gives the page its colours: the person's choice, else what the operating system asks for. */
export function ThemeRoot({ children }: { children: ReactNode }) {
  const [choice, choose] = useStored<ThemeChoice>('theme', 'system');
  const prefersDark = useMedia('(prefers-color-scheme: dark)');
  const forced = useMedia('(forced-colors: active)');
  const moreContrast = useMedia('(prefers-contrast: more)');
  const system: ThemeName = forced || moreContrast ? 'contrast' : prefersDark ? 'dark' : 'light';
  const name = choice === 'system' ? system : choice;
  const state = useMemo(() => ({ choice, name, choose }), [choice, name, choose]);
  useEffect(() => {
    document.documentElement.dataset.theme = name;
    document.documentElement.style.colorScheme = name === 'light' ? 'light' : 'dark';
  }, [name]);
  return (
    <Context.Provider value={state}>
      {/* The class sits inside: the provider's own class is copied to every portal, which would cover the page. */}
      <FluentProvider theme={themes[name]}>
        <div className="themeRoot">{children}</div>
      </FluentProvider>
    </Context.Provider>
  );
}
