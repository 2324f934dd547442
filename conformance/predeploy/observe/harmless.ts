/** Statements that a watched replay has seen work through no table, though by their text they might. */
import type { MigrationFile } from '../folder.ts'
import { unquoted } from '../static/names.ts'
import type { Effect, ObservedFile } from './observe.ts'

/** Whether a statement, or the DO block around it, was seen to work through none of these tables. */
export type SeenHarmless = (
  at: { readonly file: Pick<MigrationFile, 'name'>; readonly line: number },
  tables: readonly string[],
) => boolean

/** See {@link SeenHarmless}. A table that was not watched, or a statement that was not run, is no harmless one. */
export function seenHarmless(files: readonly ObservedFile[]): SeenHarmless {
  return ({ file, line }, tables) => {
    const effects = files
      .filter((each) => each.file.name === file.name)
      .flatMap((each) => each.effects)
      .filter(({ statement }) => line >= statement.line && line <= lastLine(statement))
    return (
      effects.length > 0 && effects.every((effect) => tables.every((table) => isUntouched(effect, table)))
    )
  }
}

function lastLine({ line, text }: Effect['statement']): number {
  return line + text.split('\n').length - 1
}

function isUntouched({ locks, scanned, rewritten, indexed }: Effect, table: string): boolean {
  const names = [...locks.keys()].filter((name) => unquoted(name) === table)
  const worked = [...scanned, ...rewritten, ...indexed].map(unquoted)
  return names.length > 0 && !worked.includes(table)
}
