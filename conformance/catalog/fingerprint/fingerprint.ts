import { createHash } from 'node:crypto'
import type { Session } from '../../engines/index.ts'
import { CATALOG_QUERIES, PRICE_QUERIES, SURROUNDING_QUERIES } from './queries.ts'

/** One thing that is so in a database: about an object, what, and how. `value` is null when the object says nothing. */
export interface Fact {
  readonly object: string
  /** `aspect`, or `part: aspect` for something that belongs to the object, such as a column or a policy. */
  readonly fact: string
  readonly value: string | null
}

/** Everything that is so about the product in a database. */
export interface Fingerprint {
  /** Sorted by object and fact. Never empty. */
  readonly facts: readonly Fact[]
  /** Object → hash of its facts, sorted by object. */
  readonly objects: ReadonlyMap<string, string>
  /** Hash of all facts: equal for two databases if, and only if, all facts are. */
  readonly hash: string
}

const SCHEMA = 'copilot_internal'

/**
 * The fingerprint of schema `copilot_internal`: the same on PGlite and PostgreSQL 15 to 18 for the same migrations. Reads
 * only. Throws when there is no such schema, or when a query fails: "nothing" equals nothing.
 */
export async function fingerprint(session: Session): Promise<Fingerprint> {
  return fingerprintOf([...(await schemaFacts(session)), ...(await priceFacts(session))].sort(byName))
}

/**
 * What is so about the schema and the roles around it, sorted: a fingerprint's facts without the prices. Throws as
 * {@link fingerprint} does.
 */
export async function schemaFacts(session: Session): Promise<Fact[]> {
  const [schema] = await session.query('select 1 as found from pg_catalog.pg_namespace where nspname = $1', [
    SCHEMA,
  ])
  if (!schema) throw new Error(`There is no schema ${SCHEMA} in this database: apply the migrations first.`)

  const facts: Fact[] = []
  for (const query of CATALOG_QUERIES) facts.push(...(await ask(session, query, [SCHEMA])))
  for (const query of SURROUNDING_QUERIES) facts.push(...(await ask(session, query)))
  return facts.sort(byName)
}

/** The prices of those price lists that are there, as facts, sorted. */
export async function priceFacts(session: Session): Promise<Fact[]> {
  const facts: Fact[] = []
  for (const [table, query] of Object.entries(PRICE_QUERIES)) {
    const [list] = await session.query('select to_regclass($1) is not null as found', [`${SCHEMA}.${table}`])
    if (list?.['found'] === 't') facts.push(...(await ask(session, query)))
  }
  return facts.sort(byName)
}

/** A fingerprint from its facts, already sorted. Throws when there is none, or one of them twice. */
export function fingerprintOf(facts: readonly Fact[]): Fingerprint {
  if (facts.length === 0)
    throw new Error('A fingerprint without facts says nothing, and is equal to no other.')
  const byObject = new Map<string, Fact[]>()
  const seen = new Set<string>()
  for (const fact of facts) {
    const name = `${fact.object}: ${fact.fact}`
    if (seen.has(name))
      throw new Error(`A fingerprint has each fact once, but this one has two of "${name}".`)
    seen.add(name)
    byObject.set(fact.object, [...(byObject.get(fact.object) ?? []), fact])
  }
  const objects = new Map([...byObject].map(([object, own]) => [object, hashOf(own)]))
  return { facts, objects, hash: hashOf(facts) }
}

async function ask(session: Session, query: string, values: readonly unknown[] = []): Promise<Fact[]> {
  const rows = await session.query(
    `select f.object, f.fact, f.value from (${query}) as f (object, fact, value)`,
    values,
  )
  return rows.map(({ object, fact, value }) => ({
    // A relation is printed with or without its schema, by the search path of the session.
    object: (object ?? '').replace(`${SCHEMA}.`, ''),
    fact: fact ?? '',
    value: value ?? null,
  }))
}

function hashOf(facts: readonly Fact[]): string {
  const lines = facts.map(({ object, fact, value }) => JSON.stringify([object, fact, value]))
  return createHash('sha256').update(lines.join('\n')).digest('hex')
}

/** The order of facts: by object, then by name, whatever the locale. */
function byName(a: Fact, b: Fact): number {
  return compare(a.object, b.object) || compare(a.fact, b.fact) || compare(a.value ?? '', b.value ?? '')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
