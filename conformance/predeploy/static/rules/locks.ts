/** Who waits for whom while a file is applied. */
import { strongLocks } from '../locked.ts'
import type { Placed } from '../placed.ts'
import type { Found, Rule } from '../rule.ts'
import { settingOf } from '../settings.ts'

/** No lock is waited for without an end. */
export const locksHaveATimeout: Rule = {
  id: 'locks-have-a-timeout',
  title: 'no statement waits without an end for a table that is in use',
  looksFor:
    'a statement that locks a table which was there before, such as ALTER TABLE, CREATE INDEX, CREATE TRIGGER, CREATE POLICY or a foreign key to it, without `set lock_timeout` earlier in its file',
  hint: "Begin the file with `set lock_timeout = '3s';`: whoever comes after a statement that waits, waits behind it.",
  concerns: 'moment',
  judge: (script) => {
    const timeouts = new Map<string, boolean>()
    return script.statements.flatMap((at): Found[] => {
      noted(timeouts, at)
      if (timeouts.get(at.file.name)) return []
      return [...new Set(strongLocks(at, script.made))]
        .filter((table) => script.isThere(table, at))
        .map((table) => ({
          at,
          objects: [table],
          reason: 'It locks the table, queues behind whoever reads it, and stops all who come later.',
        }))
    })
  },
}

function noted(timeouts: Map<string, boolean>, { node, file }: Placed): void {
  const value = settingOf(node, 'lock_timeout')
  if (value !== undefined)
    timeouts.set(file.name, value !== '' && !/^0\s*(ms|s|min|h|d)?$/.test(value.trim()))
}
