import { describe, expect, it } from 'vitest'
import { holds, holdsApart, holdsRoot, placeOf, subjectOf } from '../../../src/catalogue/subject.ts'

describe('a subject', () => {
  it.each([
    ['gzip', 'Модуль ngx_http_gzip_module'],
    ['SIGHUP', 'sends (sighup).'],
    ['cafe', 'a new cafe\u0301'],
    ['ёлка', 'под елкой'],
    ['отпуск', 'Об отпусках'],
    ['Bruce Perens', 'by Bruce\nPerens, who'],
    ['Ministry of Defence', 'the ministry of defence'],
    ['gzip_vary', 'set gzip_vary on;'],
    ['full-text', 'a full text search'],
    ['e-mail', 'by email'],
    ['4.2', 'Hub 4.2 – notes'],
    ['C++', 'written in C++'],
    ['--max-delete', '--max-delete=NUM'],
  ])('%s is in %s', (subject, text) => {
    expect(holds(subjectOf(subject), text)).toBe(true)
    const place = placeOf(subjectOf(subject), text)
    expect(place && holds(subjectOf(subject), text.slice(place.start, place.end))).toBe(true)
  })

  it.each([
    ['zip', 'gzip'],
    ['Bruce Perens', 'Perens, Bruce'],
    ['Bruce Perens', 'Bruce met Perens'],
    ['gzip_vary', 'gzip and vary'],
    ['4.2', 'since 4.2.1'],
    ['win', 'a window'],
  ])('%s is not in %s', (subject, text) => {
    expect(holds(subjectOf(subject), text)).toBe(false)
  })

  it('may have its words apart, or only their root', () => {
    expect(holdsApart(subjectOf('Bruce Perens'), 'Perens, Bruce')).toBe(true)
    expect(holdsApart(subjectOf('Bruce Perens'), 'Bruce')).toBe(false)
    expect(holdsRoot('поливе', 'Финик поливают')).toBe(true)
    expect(holdsRoot('поливе', 'Финик любит свет')).toBe(false)
  })
})
