/** Conditions of style sheets, for somebody who reads on a screen of usual size. */
const WIDTH = 1280
const HEIGHT = 800

/** Whether a list of media queries holds. */
export const mediaApplies = (list: string): boolean =>
  list.trim() === '' || list.slice(0, 2000).toLowerCase().split(',').some(queryHolds)

function queryHolds(query: string): boolean {
  const [, negated, type = 'all'] = /^\s*(?:only\s+|(not)\s+)?([a-z]+)?/u.exec(query) ?? []
  const isType = type === 'and' || type === 'all' || type === 'screen'
  return (isType && conditionHolds(query)) !== (negated !== undefined)
}

/** All that stands in brackets holds; what is not known here does not. */
export function conditionHolds(condition: string): boolean {
  const text = condition.toLowerCase()
  const features = text.match(/\([^()]*\)/gu) ?? []
  const held = features.map((feature) => featureHolds(feature.slice(1, -1).trim()))
  return /\bor\b/u.test(text) ? held.some(Boolean) : held.every(Boolean)
}

function featureHolds(feature: string): boolean {
  const bound = /^(min|max)-(?:device-)?(width|height)\s*:\s*(-?[\d.]+)(px|em|rem|cm|in|pt)?$/u.exec(feature)
  if (bound) {
    const [, end, axis, number = '0', unit = 'px'] = bound
    const limit = Number(number) * (PIXELS[unit] ?? 1)
    const is = axis === 'width' ? WIDTH : HEIGHT
    return end === 'min' ? is >= limit : is <= limit
  }
  const range = /^(width|height)\s*([<>]=?)\s*(-?[\d.]+)(px|em|rem|cm|in|pt)?$/u.exec(feature)
  if (range) {
    const [, axis, sign = '', number = '0', unit = 'px'] = range
    const limit = Number(number) * (PIXELS[unit] ?? 1)
    const is = axis === 'width' ? WIDTH : HEIGHT
    return sign.startsWith('>') ? is >= limit : is <= limit
  }
  return HOLDING.has(feature.replace(/\s+/gu, ''))
}

const PIXELS: Readonly<Record<string, number>> = { px: 1, em: 16, rem: 16, cm: 37.8, in: 96, pt: 4 / 3 }

const HOLDING = new Set([
  'width',
  'height',
  'color',
  'hover',
  'hover:hover',
  'any-hover:hover',
  'pointer:fine',
  'any-pointer:fine',
  'orientation:landscape',
  'prefers-color-scheme:light',
  'prefers-reduced-motion:no-preference',
  'scripting:enabled',
  'grid:0',
  'update:fast',
  'display-mode:browser',
])
