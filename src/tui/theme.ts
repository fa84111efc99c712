import { createContext, useContext } from 'react'
import { TONES } from '../terminal/markdown/runs.ts'

/** Colours by meaning; undefined is the terminal's default. No information is conveyed by colour alone. */
export interface Theme {
  readonly accent: string | undefined
  readonly code: string | undefined
  readonly link: string | undefined
  readonly error: string | undefined
  readonly warning: string | undefined
}

const COLOURS: Theme = { ...TONES, error: 'red', warning: 'yellow' }
const PLAIN: Theme = {
  accent: undefined,
  code: undefined,
  link: undefined,
  error: undefined,
  warning: undefined,
}

/** https://no-color.org: no colours, but bold and italics. */
export const themeFor = (env: Readonly<Record<string, string | undefined>>): Theme =>
  env.NO_COLOR ? PLAIN : COLOURS

export const ThemeContext = createContext<Theme>(COLOURS)

export const useTheme = (): Theme => useContext(ThemeContext)
