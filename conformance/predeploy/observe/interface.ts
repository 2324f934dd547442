/** What programs of the former release call and read, and would not find afterwards. */
import type { Trouble } from '../step.ts'
import type { Rule, Snapshot } from './snapshot.ts'

const HINT =
  'Keep the former beside it until no program asks for it any more, and take it away in a later migration.'

/** Privileges that programs use. */
const USED: ReadonlySet<string> = new Set(['select', 'insert', 'update', 'delete', 'execute'])

/** One trouble for each relation, column or function that was there and is gone, or answers something else. */
export function interfaceTroubles(before: Snapshot, after: Snapshot): Trouble[] {
  const relations = before.relations.filter(({ kind }) => 'rpvm'.includes(kind))
  const gone = relations.filter(({ name }) => !after.relations.some((each) => each.name === name))
  const columns = before.columns.filter(({ relation }) => !gone.some(({ name }) => name === relation))
  return [
    ...gone.map(({ name, kind }) => ({
      objects: [`${'rp'.includes(kind) ? 'table' : 'view'} ${name}`],
      reason: 'It is gone, or has another name: programs of the former release read it.',
      hint: HINT,
    })),
    ...columns.flatMap((column) => {
      const now = after.columns.find(
        ({ relation, name }) => relation === column.relation && name === column.name,
      )
      if (now && now.type === column.type) return []
      const object = `column ${column.relation}.${column.name}`
      if (!now)
        return [
          {
            objects: [object],
            reason: 'It is gone, or has another name: programs of the former release read it.',
            hint: HINT,
          },
        ]
      return [
        {
          objects: [object],
          severity: 'warning' as const,
          reason: `Its type was ${column.type} and is ${now.type}: programs of the former release may not read it.`,
          hint: HINT,
        },
      ]
    }),
    ...before.routines.flatMap((routine) => {
      const now = after.routines.find(({ signature }) => signature === routine.signature)
      const objects = [`function ${routine.signature}`]
      if (!now)
        return [
          {
            objects,
            reason: 'It is gone, or takes other arguments: programs of the former release call it.',
            hint: HINT,
          },
        ]
      if (now.interface === routine.interface) return []
      return [
        {
          objects,
          reason: `Its arguments’ names or its answer have changed: programs of the former release call it by them.`,
          have: now.interface,
          want: routine.interface,
          hint: HINT,
        },
      ]
    }),
    ...required(before, after),
    ...demanded(before, after),
    ...keysGone(before, after),
    ...privilegesGone(before, after),
    ...nobodyLetThrough(before, after),
  ]
}

/** Columns that were there, and have to be given now. */
function demanded(before: Snapshot, after: Snapshot): Trouble[] {
  return after.columns.flatMap(({ relation, name, isRequired, hasDefault }) => {
    const former = before.columns.find((each) => each.relation === relation && each.name === name)
    if (!former || !isRequired || hasDefault || (former.isRequired && !former.hasDefault)) return []
    const lost = former.hasDefault
    return [
      {
        objects: [`column ${relation}.${name}`],
        // Whoever requires a column has often seen to it before that each insert gives it.
        severity: lost ? ('error' as const) : ('warning' as const),
        reason: lost
          ? 'It is required, and no longer has a default: inserts of the former release that leave it out fail.'
          : 'It is required now: inserts of the former release that leave it out fail.',
        hint: 'Keep the default until no program of the former release runs any more.',
      },
    ]
  })
}

/** Keys by which rows are told apart, which `on conflict` and upserts name by their columns. */
function keysGone(before: Snapshot, after: Snapshot): Trouble[] {
  const isKey = ({ kind, condition }: Rule) => (kind === 'p' || kind === 'u') && condition === ''
  const columnsOf = ({ table, columns }: Rule) => [table, ...columns.toSorted()].join('\n')
  const there = new Set(after.rules.filter(isKey).map(columnsOf))
  const hasAll = ({ table, columns }: Rule) =>
    columns.every((column) =>
      after.columns.some(({ relation, name }) => relation === table && name === column.replaceAll('"', '')),
    )
  return before.rules
    .filter((rule) => isKey(rule) && hasAll(rule) && !there.has(columnsOf(rule)))
    .map((rule) => ({
      objects: [`table ${rule.table}`],
      severity: rule.kind === 'p' ? ('error' as const) : ('warning' as const),
      reason: `No key holds ${rule.columns.join(', ')} unique any more: \`on conflict (${rule.columns.join(', ')})\` of the former release fails, and rows may come twice.`,
      hint: HINT,
    }))
}

/** What users that are signed in, or are not, might do with what is still there. */
function privilegesGone(before: Snapshot, after: Snapshot): Trouble[] {
  return [...before.access].flatMap((sentence) => {
    const [, role, privilege = '', what = ''] =
      /^(authenticated|anon) may (\w+) (on \S+|\S+\(.*\))$/.exec(sentence) ?? []
    if (
      !USED.has(privilege) ||
      after.access.has(sentence) ||
      after.access.has(`public may ${privilege} ${what}`)
    )
      return []
    const relation = after.relations.find(({ name }) => what === `on ${name}`)
    if (!relation && !after.routines.some(({ signature }) => signature === what)) return []
    return [
      {
        objects: [
          relation
            ? `${'rp'.includes(relation.kind) ? 'table' : 'view'} ${relation.name}`
            : `function ${what}`,
        ],
        severity: role === 'anon' ? ('warning' as const) : ('error' as const),
        reason: `${role} may no longer ${privilege} ${relation ? 'on ' : ''}it: programs of the former release that do so are refused.`,
        hint: HINT,
      },
    ]
  })
}

/** Tables on which a policy let somebody do what none lets anybody do now. */
function nobodyLetThrough(before: Snapshot, after: Snapshot): Trouble[] {
  const isLet = ({ relations, policies }: Snapshot, table: string, command: string) =>
    relations.some(({ name, hasRowSecurity }) => name === table && !hasRowSecurity) ||
    policies.some(
      (policy) =>
        policy.table === table &&
        policy.isPermissive &&
        ['ALL', command.toUpperCase()].includes(policy.command),
    )
  const mayStill = (table: string, command: string) =>
    ['anon', 'authenticated', 'public'].some((role) =>
      [before, after].every(({ access }) => access.has(`${role} may ${command} on ${table}`)),
    )
  return after.relations
    .filter(({ kind, name }) => 'rp'.includes(kind) && before.relations.some((each) => each.name === name))
    .flatMap(({ name }) => {
      const gone = ['select', 'insert', 'update', 'delete'].filter(
        (command) => mayStill(name, command) && isLet(before, name, command) && !isLet(after, name, command),
      )
      if (gone.length === 0) return []
      return [
        {
          objects: [`table ${name}`],
          reason: `No policy lets anybody ${gone.join(', ')} any more: programs of the former release find no rows, or are refused.`,
          hint: 'Create the policy that takes the former’s place in the same file.',
        },
      ]
    })
}

/** New columns that have to be given, which the former release does not give. */
function required(before: Snapshot, after: Snapshot): Trouble[] {
  return after.columns.flatMap(({ relation, name, isRequired, hasDefault }) => {
    const isOld = before.relations.some((each) => each.name === relation && 'rp'.includes(each.kind))
    const former = before.columns.find((each) => each.relation === relation && each.name === name)
    if (!isOld || !isRequired || hasDefault || former) return []
    return [
      {
        objects: [`column ${relation}.${name}`],
        reason: 'It is new, required, and has no default: inserts of the former release fail.',
        hint: 'Give it a default, or require it in a later migration.',
      },
    ]
  })
}
