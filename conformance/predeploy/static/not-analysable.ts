/** SQL that is made while it runs: what it does is not known here, and is not called fine. */
import type { StepResult } from '../step.ts'
import type { Dynamic, Placed } from './placed.ts'
import type { Script } from './script.ts'

/** A note that counts the places, per file and kind. */
export function notAnalysable({ dynamic }: Script, unread: readonly Placed[]): StepResult {
  const atOnce = dynamic.filter(({ within }) => within === 'do')
  const later = dynamic.filter(({ within }) => within === 'function')
  const text = [
    ...(atOnce.length > 0
      ? [
          `Not analysable: ${counted(atOnce)} run SQL that is made while the file is applied. Only the replay shows what it does.`,
        ]
      : []),
    ...(later.length > 0
      ? [
          `Not analysable: ${counted(later)} in functions run SQL that is made when they are called, or are in another language.`,
        ]
      : []),
    ...placesOf(dynamic),
    ...(unread.length > 0
      ? [`Not read by squawk, which does not know the syntax: ${counted(unread)}.`, ...placesOf(unread)]
      : []),
  ].join('\n')
  return { findings: [], notes: text === '' ? [] : [{ kind: 'note', group: 'static', text }] }
}

function counted({ length }: readonly unknown[]): string {
  return length === 1 ? '1 place' : `${length} places`
}

function placesOf(dynamic: readonly Pick<Dynamic, 'file' | 'line'>[]): string[] {
  const files = [...new Set(dynamic.map(({ file }) => file.name))]
  return files.map((name) => {
    const lines = dynamic.filter(({ file }) => file.name === name).map(({ line }) => line)
    return `${name}: ${lines.join(', ')}`
  })
}
