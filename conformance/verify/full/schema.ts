/** The schema and the roles around it, fact by fact, against what the migrations left behind. */

import { type DatedFact, type Difference, differencesOf, type Fact, factsAt } from '../../catalog/index.ts'
import { versionOf } from '../../engines/index.ts'
import { ABOUT_FOREIGN_TABLES, type ForeignTable } from '../foreign.ts'
import { type Applied, keyOf, type Traces } from './applied.ts'
import type { Told, Trouble } from './check.ts'
import { stem } from './ledger.ts'
import { aspectOf, inLines, nameOf, partOf } from './wording.ts'

/**
 * One trouble for each object that is not as the database's migration left it, for each table that is somebody else's, and for
 * a migration that was left half-way; what is the platform's to choose, as notes.
 */
export function schemaFindings(
  have: readonly Fact[],
  history: readonly DatedFact[],
  { file, halfWay }: Applied,
  foreign: readonly ForeignTable[] = [],
): Told {
  const last = halfWay?.file ?? file
  if (!last) return { broken: foreign.length > 0 ? foreign.map(somebodyElses) : [NOTHING] }
  const others = new Set(foreign.map(({ table }) => `relation ${table}`))
  const want = factsAt(history, versionOf(last)).filter(
    ({ object }) => !object.startsWith('price ') && !others.has(object),
  )
  const unfinished = halfWay ? factsOfUnfinished(history, versionOf(halfWay.file)) : () => false
  const changes = differencesOf(have, want).filter((change) => !unfinished(change))
  const kinds = new Map(
    [...want, ...have].flatMap(({ object, fact, value }) =>
      fact === 'definition' ? [[object, value] as const] : [],
    ),
  )
  const mine = changes.filter((change) => !isThePlatforms(change))
  return {
    broken: [
      ...foreign.map(somebodyElses),
      ...(halfWay ? [leftHalfWay(halfWay)] : []),
      ...byObject(mine).map(([object, own]) => trouble(object, own, kinds.get(object))),
    ],
    notes: changes.filter(isThePlatforms).map((change) => `${nameOf(change.object)}: ${sentence(change)}`),
  }
}

const NOTHING: Trouble = {
  objects: ['schema copilot_internal'],
  have: 'nothing of what the migrations create',
  want: 'what they create',
  hint: 'Apply supabase/migrations: with `supabase db push`, or with psql.',
}

function somebodyElses({ table, differences }: ForeignTable): Trouble {
  return {
    objects: [nameOf(`relation ${table}`)],
    reason: 'It is not the product’s, only its name is: what the migrations would do with it is not judged.',
    have: differences.join('; '),
    want: 'the table that the migrations create',
    hint: ABOUT_FOREIGN_TABLES,
  }
}

function leftHalfWay({ file, present, missing }: Traces): Trouble {
  const gone = new Set(missing.flatMap(({ object, fact }) => (fact === 'definition' ? [object] : [])))
  const names = missing.flatMap(({ object, fact, value }) => {
    if (fact === 'definition') return [nameOf(object, value)]
    return gone.has(object) ? [] : [`${partOf(fact).part} of ${nameOf(object)}`]
  })
  return {
    objects: [`migration ${stem(file)}`],
    have: `applied half-way: ${present.length} of ${present.length + missing.length} things that it creates`,
    want: `also ${names.join(', ')}`,
    hint: 'Run its file again: that is safe after any part of it.',
  }
}

/** Whether a fact is one that a migration would have changed, had it not been left half-way: it says nothing of drift. */
function factsOfUnfinished(history: readonly DatedFact[], version: string) {
  const before = history.filter(({ since }) => since < version)
  const known = new Set(before.map(({ object }) => object))
  const former = new Map(before.map((fact) => [keyOf(fact), fact.value]))
  const changed = new Set(history.filter(({ since }) => since === version).map(keyOf))
  return (change: Difference) =>
    /^(relation|function|type|extension) /.test(change.object) &&
    (!known.has(change.object) ||
      (changed.has(keyOf({ ...change, value: null })) &&
        (former.get(keyOf({ ...change, value: null })) ?? null) === (change.have ?? null)))
}

/** Attributes of a role that open or close something of the product's. */
const PRIVILEGED = [
  'superuser',
  'creates roles',
  'creates databases',
  'logs in',
  'replicates',
  'bypasses row level security',
]

/**
 * Whether a difference is the platform's to make: projects differ in it, and no promise hangs on it. What a request may do
 * is not among them, nor what goes past the product's triggers.
 */
function isThePlatforms({ object, fact, have }: Difference): boolean {
  if (object.startsWith('extension ')) return have !== undefined
  if (object === 'role postgres') return !/^setting (copilot_internal\.|session_replication_role)/.test(fact)
  if (!object.startsWith('role ')) return false
  if (fact.startsWith('setting ')) return !/^setting (copilot_internal\.|session_replication_role)/.test(fact)
  return !fact.startsWith('member of ') && !PRIVILEGED.includes(fact)
}

function byObject(changes: readonly Difference[]): [object: string, changes: Difference[]][] {
  const objects = new Map<string, Difference[]>()
  for (const change of changes) objects.set(change.object, [...(objects.get(change.object) ?? []), change])
  return [...objects]
}

function trouble(object: string, changes: readonly Difference[], kind: string | null | undefined): Trouble {
  const objects = [nameOf(object, kind)]
  const whole = changes.find(({ fact }) => fact === 'definition')
  if (whole && whole.have === undefined)
    return { objects, have: 'it is not there', want: oneOf(whole.want), hint: RERUN }
  if (whole && whole.want === undefined) {
    const open = changes.filter(({ fact }) => fact.startsWith('privileges of '))
    return {
      objects,
      have: [oneOf(whole.have), ...open.map(({ fact, have }) => `${fact}: ${have}`)].join('; '),
      want: 'nothing of this name',
      hint: 'Move it to a schema of its own, or bring it in with a migration.',
    }
  }
  const pairs = withoutEchoes(changes).map((change) => {
    const [have, want] = inLines(change.have, change.want)
    return [`${aspectOf(change)}: ${have}`, `${aspectOf(change)}: ${want}`] as const
  })
  const hint = hintFor(changes)
  return {
    objects,
    have: pairs.map(([have]) => have).join('\n'),
    want: pairs.map(([, want]) => want).join('\n'),
    ...(hint ? { hint } : {}),
  }
}

/** What to do about what is too open. */
function hintFor(changes: readonly Difference[]): string | undefined {
  const policies = changes.flatMap(({ fact, want }) => {
    const policy = /^policy (.+): definition$/.exec(fact)?.[1]
    return policy && want === undefined ? [policy] : []
  })
  if (policies.length > 0)
    return `No migration has made ${policies.join(', ')}: if nobody needs ${policies.length > 1 ? 'them' : 'it'}, drop ${policies.length > 1 ? 'them' : 'it'}.`
  if (changes.some(({ fact }) => /^(default )?privileges /.test(fact)))
    return 'Run the migrations again: they take away what is too much and grant what lacks, also by default for later objects.'
  return undefined
}

const RERUN = 'Run the migrations again: each file brings back what is missing.'

function oneOf(value: string | null | undefined): string {
  return inLines(value, value)[0]
}

/** Without what only repeats another difference: what belongs to a part that is gone or new, the order of columns then. */
function withoutEchoes(changes: readonly Difference[]): Difference[] {
  const comeOrGone = new Set(
    changes.flatMap(({ fact, have, want }) => {
      const { part, aspect } = partOf(fact)
      return part && aspect === 'definition' && (have === undefined || want === undefined) ? [part] : []
    }),
  )
  const columns = [...comeOrGone].some((part) => part.startsWith('column '))
  return changes.filter(({ fact }) => {
    const { part, aspect } = partOf(fact)
    if (fact === 'order of columns') return !columns
    if (part === undefined || !comeOrGone.has(part)) return true
    return aspect === 'definition' || (part.startsWith('policy ') && aspect !== 'comment')
  })
}

function sentence(change: Difference): string {
  const [have, want] = inLines(change.have, change.want)
  return `${aspectOf(change)} is ${have}, where the platform has ${want} by default.`
}
