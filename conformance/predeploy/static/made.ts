/** What the statements of a folder make, one after the other. */
import { nodeAs } from '../../syntax/index.ts'
import { alterTable, createTable } from './made-tables.ts'
import { listedName, partsOf, relationName, schemaOf, textOf } from './names.ts'
import type { Placed, Placement } from './placed.ts'
import { born, type Made, type Making, tableOf } from './table.ts'

/** Adds up the statements of a folder. */
export function madeBy({ statements }: Placement): Made {
  const making: Making = { tables: new Map(), births: new Map(), schemas: new Map(), indexed: new Map() }
  for (const statement of statements) {
    createTable(making, statement)
    alterTable(making, statement)
    others(making, statement)
    drop(making, statement)
    rename(making, statement)
  }
  return making
}

function others(making: Making, at: Placed): void {
  const schema = nodeAs(at.node, 'CreateSchemaStmt')
  if (schema?.schemaname) born(making.schemas, schema.schemaname, at)
  const view = nodeAs(at.node, 'ViewStmt')
  if (view && !view.replace) born(making.births, relationName(view.view, at), at)
  const query = nodeAs(at.node, 'CreateTableAsStmt')
  if (query) {
    const name = relationName(query.into?.rel, at)
    born(making.births, name, at)
    if (query.objtype === 'OBJECT_TABLE') tableOf(making, name).made = at
  }
  const index = nodeAs(at.node, 'IndexStmt')
  if (!index) return
  const table = relationName(index.relation, at)
  const columns = (index.indexParams ?? []).map((each) => nodeAs(each, 'IndexElem')?.name ?? '')
  const only = index.whereClause && nodeAs(index.whereClause, 'NullTest')
  const isWhole = index.whereClause === undefined || only?.nulltesttype === 'IS_NOT_NULL'
  const named = index.idxname === undefined ? {} : { name: index.idxname }
  tableOf(making, table).indexes.push({ ...named, columns: isWhole ? columns : [] })
  if (index.idxname) making.indexed.set(`${schemaOf(table)}.${index.idxname}`, table)
}

function drop(making: Making, at: Placed): void {
  const dropped = nodeAs(at.node, 'DropStmt')
  for (const object of dropped?.objects ?? []) {
    const name = listedName(partsOf(object), at)
    if (dropped?.removeType === 'OBJECT_TABLE') making.tables.delete(name)
    if (dropped?.removeType === 'OBJECT_INDEX') {
      const table = making.tables.get(making.indexed.get(name) ?? '')
      if (table) table.indexes = table.indexes.filter((index) => `${schemaOf(name)}.${index.name}` !== name)
    }
    if (dropped?.removeType === 'OBJECT_SCHEMA')
      for (const table of making.tables.keys())
        if (schemaOf(table) === textOf(object)) making.tables.delete(table)
  }
}

function rename(making: Making, at: Placed): void {
  const renamed = nodeAs(at.node, 'RenameStmt')
  const moved = nodeAs(at.node, 'AlterObjectSchemaStmt')
  const isTable = renamed?.renameType === 'OBJECT_TABLE' || moved?.objectType === 'OBJECT_TABLE'
  const from = relationName(renamed?.relation ?? moved?.relation, at)
  if (isTable) {
    const to = renamed
      ? `${schemaOf(from)}.${renamed.newname ?? ''}`
      : `${moved?.newschema ?? ''}.${from.slice(from.indexOf('.') + 1)}`
    const table = making.tables.get(from)
    making.tables.delete(from)
    if (table) making.tables.set(to, { ...table, name: to, formerly: [...table.formerly, from] })
    for (const birth of making.births.get(from) ?? []) born(making.births, to, birth)
  }
  if (renamed?.renameType === 'OBJECT_COLUMN') {
    const table = making.tables.get(from)
    const now = (columns: readonly string[]) =>
      columns.map((column) => (column === renamed.subname ? (renamed.newname ?? '') : column))
    if (!table) return
    table.foreignKeys = table.foreignKeys.map((key) => ({ ...key, columns: now(key.columns) }))
    table.indexes = table.indexes.map((index) => ({ ...index, columns: now(index.columns) }))
  }
}
