/** Rows at the target that the pending files would refuse: counted, with the key of one, and never a value besides. */
import { type Session, SqlError } from '../engines/index.ts'
import { inSavepoint } from '../verify/index.ts'
import { DATA_RULE } from './data-rule.ts'
import { changedBefore, demandedAt, type PendingStatements, pendingStatements } from './demand-place.ts'
import type { MigrationsFolder } from './folder.ts'
import type { Rule, Snapshot } from './observe/snapshot.ts'
import type { Observed } from './observe/step.ts'
import type { Placed } from './static/placed.ts'
import { covers, type Suppression, suppressionsOf, unusedSuppression } from './static/suppressions.ts'
import { type Claim, judged, type StepResult, skipped, type Trouble, together, unchecked } from './step.ts'
import { conversionOf, NotKnownYet, type TypeChange } from './type-change.ts'

const claim = (name: string): Claim => ({
  id: `data/${name}`,
  title: 'no row at the target stands against the new rules',
  group: 'data',
})

/** Something that rows of a table will have to keep, and did not before. */
interface Demand {
  /** `name on table`, or `column table.name`. */
  readonly object: string
  readonly table: string
  /** A condition that holds for each row, as `t`, that would be refused. Of a change of type, only the target tells. */
  readonly refused: string | TypeChange
  /** Columns that the condition asks for. */
  readonly columns: readonly string[]
  /** Whether rows that are there stay as they are until somebody writes them. */
  readonly isForNewRows?: boolean
}

/** Counts them in a target that is open for reading, table by table. Holds nothing that a writer waits for. */
export async function dataStep(
  session: Session,
  folder: MigrationsFolder,
  observed: Pick<Observed, 'before' | 'after' | 'files'>,
): Promise<StepResult> {
  const { before, after, files } = observed
  const demands = demandsOf(before, after)
  const names = new Set(files.map(({ file }) => file.name))
  const suppressions = suppressionsOf(folder, new Set([DATA_RULE]), {
    today: new Date().toISOString().slice(0, 10),
    released: new Set(),
  }).valid.filter(({ file }) => names.has(file.name))
  const pending = await pendingStatements(session, folder, names)
  const byFile = files.map(({ file, after: then }) => ({
    name: file.name,
    keys: new Set(demandsOf(before, then).map(keyOf)),
  }))
  const results: StepResult[] = []
  const used = new Set<Suppression>()
  for (const demand of demands) {
    const file = byFile.find(({ keys }) => keys.has(keyOf(demand)))?.name ?? ''
    const at = demandedAt(pending, file, demand.table)
    const own = suppressions.filter((one) => at && covers(one, DATA_RULE, { at, reason: '' }))
    for (const one of own) used.add(one)
    results.push(await answered(session, demand, { before, pending, at, isSuppressed: own.length > 0 }))
  }
  if (demands.length === 0)
    results.push(skipped(claim('rows'), 'not applicable: nothing new is demanded of rows that are there'))
  const { notes } = judged(
    claim('rows'),
    suppressions.filter((one) => !used.has(one)).map((one) => unusedSuppression(one)),
  )
  return together([...results, { findings: [], notes }])
}

/** What a demand is judged by. */
interface Around {
  readonly before: Snapshot
  readonly pending: PendingStatements
  /** The statement that makes it, where one can be told. */
  readonly at: Placed | undefined
  /** Whether a comment above that statement lets pass what is said of rows. */
  readonly isSuppressed: boolean
}

/** The same for demands that are the same, whichever file is the last that was applied. */
function keyOf({ object, refused }: Demand): string {
  return JSON.stringify([object, refused])
}

/** Without a target. */
export function dataWithoutTarget(): StepResult {
  return skipped(claim('rows'), 'not run: no database is named; --db-url, DATABASE_URL and others name one')
}

/** Where it is not known what the files demand. */
export function dataNotRead(): StepResult {
  return skipped(
    claim('rows'),
    'not run: the files cannot be applied, so it is not known what they demand of rows',
  )
}

async function answered(session: Session, demand: Demand, around: Around): Promise<StepResult> {
  const own = claim(demand.object)
  try {
    return await inSavepoint(session, async () => {
      const [there] = await session.query(
        `select to_regclass($1) is not null as found, row_security_active(to_regclass($1)) as hidden`,
        [demand.table],
      )
      if (there?.['found'] !== 't')
        return skipped(own, `not applicable: the target has no table ${demand.table}`)
      if (there['hidden'] === 't')
        return unchecked(own, new Error(`row level security hides rows of ${demand.table} from this role.`))
      return judged(own, inPlace(await troublesOf(session, demand, around), demand, around))
    })
  } catch (error) {
    if (error instanceof NotKnownYet) return skipped(own, `not run: ${error.message}`)
    if (!(error instanceof SqlError)) throw error
    return unchecked(own, error)
  }
}

/** What is said of rows, seen from the files: what a comment lets pass, and what one of them may mend before. */
function inPlace(
  troubles: readonly Trouble[],
  { table, isForNewRows }: Demand,
  { at, pending, isSuppressed }: Around,
): Trouble[] {
  if (!at) return [...troubles]
  if (isSuppressed) return []
  const change = isForNewRows ? undefined : changedBefore(pending, at, table)
  if (!change) return [...troubles]
  const place = `${change.at.file.name}:${change.at.line}`
  return troubles.map((trouble) => ({
    ...trouble,
    reason: `${trouble.reason} That is now: ${place} ${change.isSure ? 'changes' : 'may change'} this table first.`,
    hint: 'See that it mends them all, such as by --data with rows like these.',
    severity: 'warning',
  }))
}

async function troublesOf(session: Session, demand: Demand, { before, pending }: Around): Promise<Trouble[]> {
  const { refused } = demand
  if (typeof refused === 'string') return refusedRows(session, demand, refused, before)
  const conversion = await conversionOf(session, refused, pending)
  try {
    return await inSavepoint(session, async () => {
      if (conversion.tried) await session.query(`select count(${conversion.tried}) from ${demand.table} as t`)
      return [
        ...(await refusedRows(session, demand, conversion.refused, before)),
        ...(conversion.lost ? await lostRows(session, demand, conversion.lost, before) : []),
      ]
    })
  } catch (error) {
    // What the server says may hold a value.
    if (!(error instanceof SqlError) || !error.code.startsWith('22')) throw error
    const reason = `A row of ${demand.table} at least would be refused: its value cannot be converted (SQLSTATE ${error.code}).`
    return [{ objects: [demand.object], reason, hint: MEND }]
  }
}

const MEND = 'Mend them in a migration before it.'

/** Rows whose value is not the same after a cast that PostgreSQL does by itself. */
async function lostRows(
  session: Session,
  { object, table }: Demand,
  lost: string,
  before: Snapshot,
): Promise<Trouble[]> {
  const found = await inSavepoint(session, () => counted(session, table, lost, before)).catch((error) => {
    // No way back, or nothing to compare by.
    if (error instanceof SqlError && /^(42846|42883)$/.test(error.code)) return undefined
    throw error
  })
  if (!found || found.count === 0) return []
  return [
    {
      objects: [object],
      reason: `${rowsOf(found.count)} of ${table} would lose a part of their value without an error, such as the one with ${found.example}.`,
      hint: 'Where that is meant, say so in USING, such as by round(…); else take a type that holds it.',
    },
  ]
}

function rowsOf(count: number): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? 'row' : 'rows'}`
}

/** How many rows a condition holds for, and the key of one. */
async function counted(
  session: Session,
  table: string,
  condition: string,
  before: Snapshot,
): Promise<{ readonly count: number; readonly example: string }> {
  const key = before.rules.find((rule) => rule.kind === 'p' && rule.table === table)?.columns ?? []
  const shown = key.length > 0 ? `concat_ws(', ', ${key.map(assignment).join(', ')})` : `'ctid = ' || t.ctid`
  const [row] = await session.query(
    `select count(*) as count, min(${shown}) as example from ${table} as t where ${condition}`,
  )
  return { count: Number(row?.['count']), example: row?.['example'] ?? '' }
}

async function refusedRows(
  session: Session,
  demand: Demand,
  refused: string,
  before: Snapshot,
): Promise<Trouble[]> {
  const { count, example } = await counted(session, demand.table, refused, before)
  if (count === 0) return []
  return [
    {
      objects: [demand.object],
      reason: `${rowsOf(count)} of ${demand.table} would be refused, such as the one with ${example}.`,
      hint: demand.isForNewRows
        ? 'The rule is `not valid`: they stay, and can be written again only once they are mended.'
        : typeof demand.refused === 'string'
          ? 'Mend them in a migration before it, or add the rule `not valid` for new rows alone.'
          : MEND,
      severity: demand.isForNewRows ? 'warning' : 'error',
    },
  ]
}

function assignment(column: string): string {
  return `'${column.replaceAll("'", "''")} = ' || t.${column}`
}

/** What is demanded of tables that were there before. */
export function demandsOf(before: Snapshot, after: Snapshot): Demand[] {
  const known = new Set(before.columns.map(({ relation, name }) => `${relation}.${name}`))
  const tables = new Set(before.relations.filter(({ kind }) => 'rp'.includes(kind)).map(({ name }) => name))
  return [
    ...after.rules
      .filter(({ table }) => tables.has(table))
      .filter((rule) => !before.rules.some((each) => isSame(each, rule)))
      .flatMap((rule) => demandOf(rule)),
    ...columnDemands(before, after),
  ].filter(
    ({ table, columns }) =>
      tables.has(table) && columns.every((column) => known.has(`${table}.${unquoted(column)}`)),
  )
}

function isSame(one: Rule, other: Rule): boolean {
  return (
    one.table === other.table &&
    one.definition.replace(/ NOT VALID$/, '') === other.definition.replace(/ NOT VALID$/, '') &&
    (one.isValidated || !other.isValidated)
  )
}

function demandOf(rule: Rule): Demand[] {
  const { kind, name, table, condition, columns, target, targetColumns } = rule
  const about = { object: name, table, columns: columns.filter(isColumn), isForNewRows: !rule.isValidated }
  switch (kind) {
    case 'c':
      return [{ ...about, refused: `(${condition}) is false` }]
    case 'f': {
      const given = columns.map((column) => `t.${column} is not null`)
      const same = columns.map((column, i) => `r.${targetColumns[i]} = t.${column}`)
      return [
        {
          ...about,
          refused: [...given, `not exists (select from ${target} as r where ${same.join(' and ')})`].join(
            ' and ',
          ),
        },
      ]
    }
    default: {
      const among = condition ? `where ${condition}` : ''
      const key = columns.join(', ')
      const own = columns.map((column) => (isColumn(column) ? `t.${column}` : column)).join(', ')
      return [
        {
          ...about,
          refused: `${condition ? `(${condition}) and ` : ''}(${own}) in (select ${key} from ${table} ${among} group by ${key} having count(*) > 1)`,
        },
      ]
    }
  }
}

function columnDemands(before: Snapshot, after: Snapshot): Demand[] {
  return after.columns.flatMap(({ relation: table, name, type, isRequired }) => {
    const former = before.columns.find((each) => each.relation === table && each.name === name)
    if (!former) return []
    const column = quoted(name)
    const about = { object: `column ${table}.${name}`, table, columns: [column] }
    return [
      ...(isRequired && !former.isRequired ? [{ ...about, refused: `t.${column} is null` }] : []),
      ...(type === former.type
        ? []
        : [{ ...about, refused: typeChange({ table, column, from: former.type, to: type }, after) }]),
    ]
  })
}

function typeChange(change: Omit<TypeChange, 'labels'>, { enums }: Snapshot): TypeChange {
  const labels = enums.get(change.to)
  return labels ? { ...change, labels } : change
}

/** Whether it is a column’s name, and no expression of an index. */
function isColumn(text: string): boolean {
  return /^([a-z_][a-z0-9_$]*|"([^"]|"")+")$/.test(text)
}

function quoted(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

function unquoted(column: string): string {
  return column.startsWith('"') ? column.slice(1, -1).replaceAll('""', '"') : column
}
