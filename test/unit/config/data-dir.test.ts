import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { closeToOthers, openToOthers } from '../../../src/config/data-dir.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'chatbot-modes-'))
  chmodSync(dataDir, 0o755)
})
afterEach(() => rmSync(dataDir, { recursive: true }))

const modeOf = (...names: string[]) => (lstatSync(join(dataDir, ...names)).mode & 0o7777).toString(8)

function file(mode: number, ...names: string[]): void {
  writeFileSync(join(dataDir, ...names), 'x')
  chmodSync(join(dataDir, ...names), mode)
}

function folder(mode: number, ...names: string[]): void {
  mkdirSync(join(dataDir, ...names))
  chmodSync(join(dataDir, ...names), mode)
}

describe('the modes of a data directory', () => {
  it('lose the rights of others, and keep the rest', () => {
    folder(0o2775, 'pglite')
    file(0o666, 'token')
    file(0o400, 'secret')
    file(0o640, 'daemon.lock-journal')
    const { closed, open } = closeToOthers(dataDir)
    expect([...closed].sort()).toEqual(
      [dataDir, ...['daemon.lock-journal', 'pglite', 'token'].map((name) => join(dataDir, name))].sort(),
    )
    expect(open).toEqual([])
    expect(['pglite', 'token', 'secret', 'daemon.lock-journal', ''].map((name) => modeOf(name))).toEqual([
      '2700',
      '600',
      '400',
      '600',
      '700',
    ])
    expect(openToOthers(dataDir)).toEqual([])
  })

  it('stay as they are where somebody else keeps files, too: only what is of the daemon is closed', () => {
    folder(0o755, 'logs')
    folder(0o755, 'models')
    file(0o644, 'notes.md')
    expect(closeToOthers(dataDir).closed).toEqual([join(dataDir, 'logs')])
    expect(['logs', 'models', 'notes.md', ''].map((name) => modeOf(name))).toEqual([
      '700',
      '755',
      '644',
      '755',
    ])
  })

  it('are not followed through links', () => {
    folder(0o755, 'models')
    symlinkSync(join(dataDir, 'models'), join(dataDir, 'logs'))
    expect(closeToOthers(dataDir)).toEqual({ closed: [], open: [] })
    expect(modeOf('models')).toBe('755')
  })
})
