/** The kinds of parts that a relation has, and where the catalog has each. */

/** A kind of parts, and where the catalog has them. */
export interface Kind {
  /** What several are called, as in "Extra columns:". */
  readonly plural: string
  /** What they belong to, as a sentence begins. */
  readonly owner: 'Table' | 'Relation'
  /** The join that finds them, `x`, from `pg_class as c`. */
  readonly join: string
  /** The name of one. */
  readonly name: string
}

export const COLUMNS: Kind = {
  plural: 'columns',
  owner: 'Table',
  join: 'join pg_catalog.pg_attribute as x on x.attrelid = c.oid and x.attnum > 0 and not x.attisdropped',
  name: 'x.attname',
}

export const INDEXES: Kind = {
  plural: 'indexes',
  owner: 'Table',
  join: `join pg_catalog.pg_index as i on i.indrelid = c.oid join pg_catalog.pg_class as x on x.oid = i.indexrelid`,
  name: 'x.relname',
}

/** All of them, with those that the server makes for its own use. */
export const ANY_TRIGGERS: Kind = {
  plural: 'triggers',
  owner: 'Table',
  join: 'join pg_catalog.pg_trigger as x on x.tgrelid = c.oid',
  name: 'x.tgname',
}

export const TRIGGERS: Kind = { ...ANY_TRIGGERS, join: `${ANY_TRIGGERS.join} and not x.tgisinternal` }

export const RULES: Kind = {
  plural: 'rules',
  owner: 'Relation',
  join: 'join pg_catalog.pg_rewrite as x on x.ev_class = c.oid',
  name: 'x.rulename',
}

export const POLICIES: Kind = {
  plural: 'policies',
  owner: 'Table',
  join: 'join pg_catalog.pg_policy as x on x.polrelid = c.oid',
  name: 'x.polname',
}

/** Without NOT NULL, which some versions of the server have among the constraints, and others do not. */
export const CONSTRAINTS: Kind = {
  plural: 'constraints',
  owner: 'Table',
  join: `join pg_catalog.pg_constraint as x on x.conrelid = c.oid and x.contype <> 'n'`,
  name: 'x.conname',
}

export const CHECKS: Kind = {
  plural: 'check constraints',
  owner: 'Table',
  join: `join pg_catalog.pg_constraint as x on x.conrelid = c.oid and x.contype = 'c'`,
  name: 'x.conname',
}
