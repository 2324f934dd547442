/** The tables of a folder, while its statements make them. */
import type { Placed } from './placed.ts'

/** Columns that refer to another table. */
export interface ForeignKey {
  readonly name?: string
  readonly columns: readonly string[]
  readonly at: Placed
}

/** Columns that can be looked up, in order. */
export interface Index {
  readonly name?: string
  readonly columns: readonly string[]
}

/** A table that a folder makes or changes. */
export interface Table {
  readonly name: string
  /** What it was called before. */
  readonly formerly: readonly string[]
  /** Where it is made; absent when only changed here. */
  made?: Placed
  isPartition: boolean
  hasRowSecurity: boolean
  foreignKeys: ForeignKey[]
  indexes: Index[]
  /** Columns that a check keeps from being null. */
  checkedNotNull: Set<string>
}

/** What a folder makes. Names are whole. */
export interface Made {
  readonly tables: ReadonlyMap<string, Table>
  /** By whole name: where a relation was made, each time. */
  readonly births: ReadonlyMap<string, readonly Placed[]>
  readonly schemas: ReadonlyMap<string, readonly Placed[]>
  /** The table of each index, by the index’s whole name. */
  readonly indexed: ReadonlyMap<string, string>
}

/** The tables while they are made. */
export interface Making {
  readonly tables: Map<string, Table>
  readonly births: Map<string, Placed[]>
  readonly schemas: Map<string, Placed[]>
  readonly indexed: Map<string, string>
}

/** A table by its name, made known where it is not. */
export function tableOf({ tables }: Making, name: string): Table {
  const known = tables.get(name)
  if (known) return known
  const table: Table = {
    name,
    formerly: [],
    isPartition: false,
    hasRowSecurity: false,
    foreignKeys: [],
    indexes: [],
    checkedNotNull: new Set(),
  }
  tables.set(name, table)
  return table
}

/** Notes where something was made. */
export function born(births: Map<string, Placed[]>, name: string, at: Placed): void {
  births.set(name, [...(births.get(name) ?? []), at])
}
