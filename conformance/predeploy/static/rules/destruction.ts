/** What cannot be taken back. */
import { nodeAs } from '../../../syntax/index.ts'
import { isAlways } from '../conditions.ts'
import { listedName, partsOf, relationName, textOf } from '../names.ts'
import type { Placed } from '../placed.ts'
import type { Found, Rule } from '../rule.ts'
import type { Script } from '../script.ts'
import { writesOf } from '../writes.ts'

/** Rows, columns and tables that were there stay. */
export const nothingIsDestroyed: Rule = {
  id: 'nothing-is-destroyed',
  title: 'nothing that was there is dropped, emptied or rewritten as a whole',
  looksFor:
    'DROP TABLE, DROP COLUMN, DROP SCHEMA, TRUNCATE, and DELETE, UPDATE or MERGE without a condition, on what an earlier file made or no file of the folder did',
  hint: 'Stop using it first, and drop it in a later release; give DELETE and UPDATE a condition. What is meant takes a suppression.',
  concerns: 'moment',
  judge: (script) => script.statements.flatMap((at) => destroyed(script, at)),
}

function destroyed(script: Script, at: Placed): Found[] {
  const found = (object: string, reason: string): Found => ({ at, objects: [object], reason })
  const isThere = (table: string) => script.isThere(table, at)
  return [
    ...dropped(script, at).map((name) => found(name, 'It is dropped with all that it holds.')),
    ...droppedColumns(at)
      .filter(({ table }) => isThere(table))
      .map(({ table, column }) =>
        found(
          `${table}.${column}`,
          'The column is dropped with all its values, and the former release may read it.',
        ),
      ),
    ...(nodeAs(at.node, 'TruncateStmt')?.relations ?? [])
      .map((each) => relationName(nodeAs(each, 'RangeVar'), at))
      .filter(isThere)
      .map((table) => found(table, 'It is emptied.')),
    ...(nodeAs(at.node, 'DropOwnedStmt')?.roles ?? []).map(() =>
      found('drop owned', 'It drops whatever a role owns.'),
    ),
    ...rewritten(at)
      .filter(({ table }) => isThere(table))
      .map(({ table, does }) => found(table, `It has no condition: it ${does} every row.`)),
  ]
}

function dropped(script: Script, at: Placed): string[] {
  const drop = nodeAs(at.node, 'DropStmt')
  const objects = drop?.objects ?? []
  if (drop?.removeType === 'OBJECT_TABLE')
    return objects
      .map((object) => listedName(partsOf(object), at))
      .filter((table) => script.isThere(table, at))
  if (drop?.removeType !== 'OBJECT_SCHEMA') return []
  return objects.map(textOf).filter((schema) => script.isThere(`${schema}.`, at))
}

function droppedColumns(at: Placed): { table: string; column: string }[] {
  const alter = nodeAs(at.node, 'AlterTableStmt')
  return (alter?.cmds ?? []).flatMap((each) => {
    const command = nodeAs(each, 'AlterTableCmd')
    if (command?.subtype !== 'AT_DropColumn') return []
    return [{ table: relationName(alter?.relation, at), column: command.name ?? '' }]
  })
}

function rewritten(at: Placed): { table: string; does: string }[] {
  return writesOf(at)
    .filter(({ does }) => does === 'delete' || does === 'update')
    .filter(({ condition }) => condition === undefined || isAlways(condition))
    .map(({ table, does }) => ({ table, does: does === 'delete' ? 'deletes' : 'rewrites' }))
}
