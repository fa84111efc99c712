/** Evaluates conditions of style sheets for a reader at a screen of ordinary size. */
import { FONT_SIZE_PX, pixels, VIEWPORT_HEIGHT_PX, VIEWPORT_WIDTH_PX } from './values.ts'

/** Whether a list of media queries holds. */
export const mediaApplies = (list: string): boolean =>
  list.trim() === '' || list.slice(0, 2000).toLowerCase().split(',').some(queryHolds)

function queryHolds(query: string): boolean {
  const [, negated, type = 'all'] = /^\s*(?:only\s+|(not)\s+)?([a-z]+)?/u.exec(query) ?? []
  const isType = type === 'and' || type === 'all' || type === 'screen'
  return (isType && conditionHolds(query)) !== (negated !== undefined)
}

/** Whether all features in parentheses hold (with `or`, any). Unknown features don't. */
export function conditionHolds(condition: string): boolean {
  const text = condition.toLowerCase()
  const features = text.match(/\([^()]*\)/gu) ?? []
  const held = features.map((feature) => featureHolds(feature.slice(1, -1).trim()))
  return /\bor\b/u.test(text) ? held.some(Boolean) : held.every(Boolean)
}

function featureHolds(feature: string): boolean {
  const bound = /^(min|max)-(?:device-)?(width|height)\s*:\s*(-?[\d.]+(?:px|em|rem|cm|in|pt)?)$/u.exec(
    feature,
  )
  if (bound) return isBounded(bound[2], bound[1] === 'min', bound[3])
  const range = /^(width|height)\s*([<>])=?\s*(-?[\d.]+(?:px|em|rem|cm|in|pt)?)$/u.exec(feature)
  if (range) return isBounded(range[1], range[2] === '>', range[3])
  return HOLDING.has(feature.replace(/\s+/gu, ''))
}

function isBounded(axis: string | undefined, fromBelow: boolean, length: string | undefined): boolean {
  const is = axis === 'width' ? VIEWPORT_WIDTH_PX : VIEWPORT_HEIGHT_PX
  const limit = pixels(length, FONT_SIZE_PX)
  return limit !== undefined && (fromBelow ? is >= limit : is <= limit)
}

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
