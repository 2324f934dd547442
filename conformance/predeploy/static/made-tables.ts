/** What CREATE TABLE and ALTER TABLE make. */
import { type Node, type NodeOf, nodeAs } from '../../syntax/index.ts'
import { relationName, textOf } from './names.ts'
import type { Placed } from './placed.ts'
import { born, type Making, type Table, tableOf } from './table.ts'

type Constraint = NodeOf<'Constraint'>

/** CREATE TABLE. */
export function createTable(making: Making, at: Placed): void {
  const create = nodeAs(at.node, 'CreateStmt')
  if (!create) return
  const name = relationName(create.relation, at)
  if (create.if_not_exists && making.tables.get(name)?.made) return
  born(making.births, name, at)
  const table = tableOf(making, name)
  table.made = at
  table.isPartition = create.partbound !== undefined
  for (const element of create.tableElts ?? []) {
    addColumn(table, element, at)
    addConstraint(table, nodeAs(element, 'Constraint'), at)
  }
}

/** ALTER TABLE. */
export function alterTable(making: Making, at: Placed): void {
  const alter = nodeAs(at.node, 'AlterTableStmt')
  if (alter?.objtype !== 'OBJECT_TABLE') return
  const table = tableOf(making, relationName(alter.relation, at))
  for (const each of alter.cmds ?? []) {
    const command = nodeAs(each, 'AlterTableCmd')
    if (!command) continue
    const { subtype, name = '' } = command
    if (subtype === 'AT_EnableRowSecurity') table.hasRowSecurity = true
    if (subtype === 'AT_DisableRowSecurity') table.hasRowSecurity = false
    if (subtype === 'AT_AddColumn' && command.def) addColumn(table, command.def, at)
    if (subtype === 'AT_AddConstraint' && command.def)
      addConstraint(table, nodeAs(command.def, 'Constraint'), at)
    if (subtype === 'AT_DropColumn') withoutColumn(table, name)
    if (subtype === 'AT_DropConstraint') {
      table.foreignKeys = table.foreignKeys.filter((key) => nameOf(table, key) !== name)
      table.indexes = table.indexes.filter((index) => index.name !== name)
    }
    if (subtype === 'AT_AttachPartition') {
      const part = nodeAs(command.def, 'PartitionCmd')?.name
      tableOf(making, relationName(part, at)).isPartition = true
    }
  }
}

function withoutColumn(table: Table, column: string): void {
  table.foreignKeys = table.foreignKeys.filter(({ columns }) => !columns.includes(column))
  table.indexes = table.indexes.filter(({ columns }) => !columns.includes(column))
}

/** As PostgreSQL names a key that nobody named. */
function nameOf(
  { name: table }: Table,
  { name, columns }: { readonly name?: string; readonly columns: readonly string[] },
): string {
  return name ?? `${table.slice(table.indexOf('.') + 1)}_${columns.join('_')}_fkey`
}

function addColumn(table: Table, element: Node, at: Placed): void {
  const column = nodeAs(element, 'ColumnDef')
  for (const each of column?.constraints ?? [])
    addConstraint(table, nodeAs(each, 'Constraint'), at, column?.colname)
}

function addConstraint(table: Table, constraint: Constraint | undefined, at: Placed, column?: string): void {
  const name = constraint?.conname === undefined ? {} : { name: constraint.conname }
  const own = (columns: readonly Node[] | undefined) => (column ? [column] : (columns ?? []).map(textOf))
  if (constraint?.contype === 'CONSTR_FOREIGN')
    table.foreignKeys.push({ ...name, columns: own(constraint.fk_attrs), at })
  if (constraint?.contype === 'CONSTR_PRIMARY' || constraint?.contype === 'CONSTR_UNIQUE')
    if (!constraint.indexname) table.indexes.push({ ...name, columns: own(constraint.keys) })
  const test = constraint?.contype === 'CONSTR_CHECK' && nodeAs(constraint.raw_expr, 'NullTest')
  if (test && test.nulltesttype === 'IS_NOT_NULL') {
    const field = nodeAs(test.arg, 'ColumnRef')?.fields?.at(-1)
    table.checkedNotNull.add(textOf(field))
  }
}
