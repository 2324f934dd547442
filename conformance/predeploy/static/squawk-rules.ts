/** Which of squawk’s rules are asked, and why the others are not. */

/** A rule of squawk that is asked. */
interface Asked {
  readonly severity: 'error' | 'warning'
  readonly title: string
}

/** By squawk’s name. Each is asked of tables that were there before, and of no other. */
export const ASKED: Readonly<Record<string, Asked>> = {
  'adding-field-with-default': {
    severity: 'error',
    title: 'no new column has a volatile default, or is generated and stored',
  },
  'adding-not-nullable-field': { severity: 'error', title: 'no column becomes NOT NULL by a scan' },
  'adding-required-field': { severity: 'error', title: 'no new column is required and has no default' },
  'adding-serial-primary-key-field': { severity: 'error', title: 'no primary key is built under a lock' },
  'ban-drop-database': { severity: 'error', title: 'no database is dropped' },
  'ban-drop-not-null': { severity: 'warning', title: 'no column loses its NOT NULL' },
  'changing-column-type': { severity: 'error', title: 'no column changes its type in place' },
  'constraint-missing-not-valid': {
    severity: 'error',
    title: 'a new CHECK or foreign key is NOT VALID first',
  },
  'disallowed-unique-constraint': {
    severity: 'error',
    title: 'a new unique constraint takes an index that is there',
  },
  'identifier-too-long': { severity: 'warning', title: 'no name is longer than PostgreSQL keeps' },
  'renaming-column': { severity: 'error', title: 'no column is renamed' },
  'renaming-table': { severity: 'error', title: 'no table is renamed' },
  'require-concurrent-index-creation': {
    severity: 'error',
    title: 'an index on a table in use is made concurrently',
  },
  'require-concurrent-index-deletion': {
    severity: 'warning',
    title: 'an index of a table in use is dropped concurrently',
  },
  'require-concurrent-partition-detach': { severity: 'error', title: 'a partition is detached concurrently' },
  'require-concurrent-reindex': { severity: 'error', title: 'an index in use is rebuilt concurrently' },
}

/** By squawk’s name: why it is not asked. */
export const NOT_ASKED: Readonly<Record<string, string>> = {
  'adding-foreign-key-constraint': 'constraint-missing-not-valid says the same',
  'ban-alter-domain-with-add-constraint': 'a domain is no table: what it scans is measured by the replay',
  'ban-char-field': 'a matter of style',
  'ban-concurrent-index-creation-in-transaction': 'repository/alone knows how the CLI applies such a file',
  'ban-create-domain-with-constraint': 'a matter of style',
  'ban-drop-column': 'static/nothing-is-destroyed sees it in DO blocks, too',
  'ban-drop-table': 'static/nothing-is-destroyed sees it in DO blocks, too',
  'ban-truncate-cascade': 'static/nothing-is-destroyed names every TRUNCATE',
  'prefer-bigint-over-int': 'a matter of style',
  'prefer-bigint-over-smallint': 'a matter of style',
  'prefer-identity': 'a matter of style',
  'prefer-repack': 'the extension is not on Supabase',
  'prefer-robust-stmts': 'each file is a transaction, so nothing is left to be run again',
  'prefer-text-field': 'a matter of style',
  'prefer-timestamp-tz': 'a matter of style',
  'require-enum-value-ordering': 'a matter of style',
  'require-lock-timeout': 'static/locks-have-a-timeout knows which tables were there before',
  'require-statement-timeout': 'the replay measures how long a statement takes',
  'require-table-schema': 'a matter of style',
  'require-timeout-settings': 'it is two rules under one name',
  'transaction-nesting': 'repository/transactions says the same',
}
