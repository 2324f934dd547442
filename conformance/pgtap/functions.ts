/** Claims on which functions there are, and what they are made of. */
import type { Session } from '../engines/index.ts'
import { factOf, noSuchFunction, type OfFunction, SIGNATURE, signature, told } from './function-named.ts'
import { listing } from './listing.ts'
import { quoted } from './name.ts'
import { isAmong, isFound } from './named.ts'
import { sameText, sameThings, type Verdict, verdict } from './verdict.ts'

/**
 * `has_function`: there is a function of that name, with arguments of these types where they are given.
 *
 * @example
 * await tap.hasFunction('zoo.greet', ['text', 'integer'])
 */
export const hasFunction = existence(true)

/**
 * `hasnt_function`: there is no function of that name, or none with arguments of these types.
 *
 * @example
 * await tap.hasntFunction('zoo.greet', ['integer'])
 */
export const hasntFunction = existence(false)

/**
 * `functions_are`: the schema, or the search path, has functions of these names and no others.
 *
 * @example
 * await tap.functionsAre('zoo_annex', ['greet'])
 */
export const functionsAre = listing('functions', async (session, schema) => {
  const rows = await session.query(
    `select p.proname as name
     from pg_catalog.pg_proc as p
     where ${isAmong('pg_proc', 'p')}`,
    [schema],
  )
  return rows.map(({ name }) => name ?? '')
})

/**
 * The schema has exactly these functions, each with the types of its arguments: no overload is overlooked. `functions_are` of
 * pgTAP knows names only.
 *
 * @example
 * await tap.functionSignaturesAre('zoo_annex', ['greet(text)'])
 */
export async function functionSignaturesAre(
  session: Session,
  schema: string,
  signatures: readonly string[],
  description = `Schema ${quoted(schema)} should have the correct functions and overloads`,
): Promise<Verdict> {
  const rows = await session.query(
    `select ${SIGNATURE} as signature
     from pg_catalog.pg_proc as p
     join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
     where n.nspname = $1`,
    [schema],
  )
  return sameThings(
    'functions',
    rows.map(({ signature }) => signature ?? ''),
    signatures,
    description,
  )
}

/**
 * `can`: the schema, or the search path, has functions of these names, among others.
 *
 * @example
 * await tap.can('zoo', ['greet', 'feed'])
 */
export async function can(
  session: Session,
  ...args:
    | [schema: string, names: readonly string[], description?: string | undefined]
    | [names: readonly string[], description?: string | undefined]
): Promise<Verdict> {
  const inSchema = typeof args[0] === 'string'
  const [schema, names, description] = (inSchema ? args : [null, ...args]) as [
    string | null,
    readonly string[],
    string | undefined,
  ]
  const rows = await session.query(
    `select t.wanted as name, array_to_string(array(
              select pg_catalog.quote_ident(s) from unnest(pg_catalog.current_schemas(true)) with ordinality as u (s, n) order by n
            ), ' or ') as path,
            exists (
              select from pg_catalog.pg_proc as p
              where p.proname = t.wanted::name and ${isFound('pg_proc', 'p')}
            )::text as found
     from unnest($2::text[]) with ordinality as t (wanted, position)
     order by t.position`,
    [schema, schema === null ? names : [...new Set(names)]],
  )
  const prefix = schema === null ? '' : `${quoted(schema)}.`
  const missing = rows
    .filter(({ found }) => found !== 'true')
    .map(({ name }) => `${prefix}${quoted(name ?? '')}()`)
  return verdict(
    missing.length === 0,
    description ?? `Schema ${schema === null ? rows[0]?.['path'] : quoted(schema)} can`,
    missing.map((name) => `    ${name} missing`).join('\n'),
    { missing },
  )
}

/**
 * `function_lang_is`: the function is written in that language.
 *
 * @example
 * await tap.functionLangIs('zoo.greet', ['text'], 'sql')
 */
export async function functionLangIs(
  session: Session,
  name: string,
  ...args: OfFunction<[language: string]>
): Promise<Verdict> {
  return compared(session, name, args, 'l.lanname', (language) => ({
    want: language,
    words: `be written in ${quoted(language)}`,
  }))
}

/**
 * `function_returns`: the function returns that type, or a set of it: `setof text`.
 *
 * @example
 * await tap.functionReturns('zoo.greet', ['text', 'integer'], 'setof text')
 */
export async function functionReturns(
  session: Session,
  name: string,
  ...args: OfFunction<[type: string]>
): Promise<Verdict> {
  const [, setOf = '', wanted = ''] = /^(setof\s+)?([\s\S]*)$/.exec(told(name, args, 1).claims[0] ?? '') ?? []
  const [row] = await session.query('select coalesce(pg_catalog.to_regtype($1)::text, $1) as type', [wanted])
  const returned = `case when p.proretset then 'setof ' else '' end || p.prorettype::pg_catalog.regtype`
  return compared(session, name, args, returned, (type) => ({
    want: `${setOf}${row?.['type']}`,
    words: `return ${type}`,
  }))
}

/** What a function is to the planner. */
export type Volatility = 'immutable' | 'stable' | 'volatile'

/**
 * `volatility_is`: the function is immutable, stable or volatile.
 *
 * @example
 * await tap.volatilityIs('zoo.greet', ['text'], 'immutable')
 */
export async function volatilityIs(
  session: Session,
  name: string,
  ...args: OfFunction<[volatility: Volatility]>
): Promise<Verdict> {
  const word = `case p.provolatile when 'i' then 'IMMUTABLE' when 's' then 'STABLE' else 'VOLATILE' end`
  return compared(session, name, args, word, (volatility) => {
    const want = VOLATILITIES.find(([initial]) => initial === volatility.charAt(0).toUpperCase()) ?? 'UNKNOWN'
    return { want, words: `be ${want}` }
  })
}

const VOLATILITIES = ['IMMUTABLE', 'STABLE', 'VOLATILE']

function existence(wanted: boolean) {
  return async (session: Session, name: string, ...args: OfFunction): Promise<Verdict> => {
    const { meant, description } = told(name, args, 0)
    const there = (await factOf(session, meant, 'true')) !== null
    const words = wanted ? 'should exist' : 'should not exist'
    return verdict(there === wanted, description ?? `Function ${signature(meant)} ${words}`)
  }
}

/** A fact of the function against the one that is claimed; `of` says what is wanted of the claim, and how that reads. */
async function compared(
  session: Session,
  name: string,
  args: OfFunction<[string]>,
  fact: string,
  of: (claim: string) => { want: string; words: string },
): Promise<Verdict> {
  const { meant, claims, description } = told(name, args, 1)
  const { want, words } = of(claims[0] ?? '')
  const claimed = description ?? `Function ${signature(meant)} should ${words}`
  const have = await factOf(session, meant, fact)
  return have === null ? noSuchFunction(meant, claimed) : sameText(claimed, have, want)
}
