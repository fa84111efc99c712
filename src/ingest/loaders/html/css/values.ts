/** Converts values of CSS properties to numbers. */

/** An ordinary screen, for media queries and for `vw`, `vh` and percentages. */
export const VIEWPORT_WIDTH_PX = 1280
export const VIEWPORT_HEIGHT_PX = 800
/** The default font size. */
export const FONT_SIZE_PX = 16

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  px: 1,
  rem: FONT_SIZE_PX,
  pt: 4 / 3,
  pc: 16,
  in: 96,
  cm: 37.8,
  mm: 3.78,
  q: 0.945,
  vw: VIEWPORT_WIDTH_PX / 100,
  vi: VIEWPORT_WIDTH_PX / 100,
  vh: VIEWPORT_HEIGHT_PX / 100,
  vb: VIEWPORT_HEIGHT_PX / 100,
  vmin: VIEWPORT_HEIGHT_PX / 100,
  vmax: VIEWPORT_WIDTH_PX / 100,
}

/** In pixels; percentages are of `whole`. Undefined for keywords and for functions other than simple `calc()`. */
export function pixels(
  value: string | undefined,
  fontSize: number,
  whole = VIEWPORT_WIDTH_PX,
): number | undefined {
  if (value === undefined) return undefined
  const sum = /^calc\((.*)\)$/iu.exec(value)?.[1]
  if (sum === undefined) return length(value, fontSize, whole)
  // Only binary `+` and `-` have spaces around them.
  const terms = sum
    .replace(/[()]/gu, ' ')
    .trim()
    .split(/(?<!\s)\s+([+-])\s+/u)
  let total = 0
  for (const [i, term] of terms.entries()) {
    if (i % 2 === 1) continue
    const factors = term.split('*').map((factor) => length(factor.trim(), fontSize, whole))
    const product = factors.reduce<number | undefined>(
      (one, other) => (one === undefined || other === undefined ? undefined : one * other),
      1,
    )
    if (product === undefined) return undefined
    total += terms[i - 1] === '-' ? -product : product
  }
  return total
}

function length(value: string, fontSize: number, whole: number): number | undefined {
  const [, number = '', unit = ''] =
    /^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)([a-z%]*)$/iu.exec(value) ?? []
  if (number === '') return undefined
  const name = unit.toLowerCase().replace(/^[dls](?=v)/u, '')
  if (name === '%') return (Number(number) / 100) * whole
  if (name === 'em' || name === 'lh') return Number(number) * fontSize
  if (name === 'ex' || name === 'ch' || name === 'cap') return (Number(number) * fontSize) / 2
  const factor = UNITS[name]
  return factor === undefined ? undefined : Number(number) * factor
}

/** A number or percentage as a fraction: 0.5 for `0.5` and `50%`. */
export const share = (value: string | undefined): number | undefined => pixels(value, FONT_SIZE_PX, 1)

/** Red, green and blue up to 255, alpha up to 1; or the text as written if it is not understood. */
export type Color = readonly [number, number, number, number] | string

export function colorOf(value: string): Color {
  const text = value.trim().toLowerCase()
  const hex = /^#([\da-f]{3,8})$/u.exec(NAMES[text] ?? text)?.[1]
  if (hex !== undefined && hex.length !== 5 && hex.length !== 7) {
    const pairs = hex.length < 6 ? [...hex].map((digit) => digit + digit) : (hex.match(/../gu) ?? [])
    const [red = 0, green = 0, blue = 0, alpha = 255] = pairs.map((pair) => Number.parseInt(pair, 16))
    return [red, green, blue, alpha / 255]
  }
  if (text === 'transparent') return [0, 0, 0, 0]
  const [, kind, inside = ''] = /^(rgb|hsl)a?\(([^()]*)\)$/u.exec(text) ?? []
  const parts = inside.split(/[\s,/]+/u).filter(Boolean)
  if (kind === undefined || parts.length < 3) return text
  const alpha = parts[3] === undefined ? 1 : (share(parts[3]) ?? 1)
  if (kind === 'rgb') {
    const [red = 0, green = 0, blue = 0] = parts.map((part) => pixels(part, FONT_SIZE_PX, 255) ?? 0)
    return [red, green, blue, alpha]
  }
  return [
    ...fromHsl(
      Number.parseFloat(parts[0] ?? ''),
      share(percent(parts[1])) ?? 0,
      share(percent(parts[2])) ?? 0,
    ),
    alpha,
  ]
}

const percent = (part = ''): string => (part.endsWith('%') ? part : `${part}%`)

function fromHsl(hue: number, saturation: number, lightness: number): [number, number, number] {
  const spread = saturation * Math.min(lightness, 1 - lightness)
  const channel = (n: number) => {
    const k = (n + (hue || 0) / 30 + 120) % 12
    return 255 * (lightness - spread * Math.max(-1, Math.min(k - 3, 9 - k, 1)))
  }
  return [channel(0), channel(8), channel(4)]
}

/** Colours that differ by no more per channel look the same. */
const MAX_CHANNEL_DIFFERENCE = 8

export const isTransparent = (color: Color): boolean => typeof color !== 'string' && color[3] <= 0.05

export function looksLike(one: Color, other: Color): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other
  return one.slice(0, 3).every((channel, i) => Math.abs(channel - (other[i] ?? 0)) <= MAX_CHANNEL_DIFFERENCE)
}

const NAMES: Readonly<Record<string, string>> = {
  black: '#000',
  silver: '#c0c0c0',
  gray: '#808080',
  grey: '#808080',
  white: '#fff',
  maroon: '#800000',
  red: '#f00',
  purple: '#800080',
  fuchsia: '#f0f',
  magenta: '#f0f',
  green: '#008000',
  lime: '#0f0',
  olive: '#808000',
  yellow: '#ff0',
  navy: '#000080',
  blue: '#00f',
  teal: '#008080',
  aqua: '#0ff',
  cyan: '#0ff',
  snow: '#fffafa',
  ivory: '#fffff0',
  ghostwhite: '#f8f8ff',
  whitesmoke: '#f5f5f5',
  mintcream: '#f5fffa',
  floralwhite: '#fffaf0',
  azure: '#f0ffff',
  lightgray: '#d3d3d3',
  lightgrey: '#d3d3d3',
  canvas: '#fff',
  canvastext: '#000',
}
