/** Claims on how functions run, which pgTAP has no words for: settings, search path, parallel safety, all of one volatility. */
import type { Session } from '../engines/index.ts'
import { factOf, noSuchFunction, type OfFunction, SIGNATURE, signature, told } from './function-named.ts'
import type { Volatility } from './functions.ts'
import { quoted } from './name.ts'
import { noSuchSchema, thingsOf } from './schema-wide.ts'
import { sameText, sameThings, type Verdict } from './verdict.ts'

/**
 * The function runs with this search path of its own; an empty text stands for `set search_path = ''`, where every name has to
 * be qualified.
 *
 * @example
 * await tap.functionSearchPathIs('zoo.greet', ['text'], '')
 */
export async function functionSearchPathIs(
  session: Session,
  name: string,
  ...args: OfFunction<[searchPath: string]>
): Promise<Verdict> {
  const { meant, claims, description } = told(name, args, 1)
  const wanted = claims[0] || '""'
  const claimed = description ?? `Function ${signature(meant)} should have the search path ${wanted}`
  // A prefix tells a function without a path of its own from one that is not there.
  const have = await factOf(
    session,
    meant,
    `'=' || coalesce((select pg_catalog.substr(s, 13) from pg_catalog.unnest(p.proconfig) as s
                      where pg_catalog.starts_with(s, 'search_path=')), '')`,
  )
  if (have === null) return noSuchFunction(meant, claimed)
  return sameText(claimed, have === '=' ? 'the search path of its caller' : have.slice(1), wanted)
}

/**
 * The function runs with just these settings of its own, each as `name=value`.
 *
 * @example
 * await tap.functionSettingsAre('zoo.greet', ['text'], ['search_path=""'])
 */
export async function functionSettingsAre(
  session: Session,
  name: string,
  types: readonly string[],
  settings: readonly string[],
  description?: string,
): Promise<Verdict> {
  const meant = { name, types }
  const claimed = description ?? `Function ${signature(meant)} should have the correct settings`
  const have = await factOf(session, meant, `coalesce(pg_catalog.to_json(p.proconfig), '[]')`)
  if (have === null) return noSuchFunction(meant, claimed)
  return sameThings('settings', JSON.parse(have) as string[], settings, claimed)
}

/** What a function bears of parallel workers. */
export type Parallel = 'safe' | 'restricted' | 'unsafe'

/**
 * The function is parallel safe, restricted or unsafe.
 *
 * @example
 * await tap.functionParallelIs('zoo.greet', ['text'], 'safe')
 */
export async function functionParallelIs(
  session: Session,
  name: string,
  ...args: OfFunction<[parallel: Parallel]>
): Promise<Verdict> {
  const { meant, claims, description } = told(name, args, 1)
  const wanted = claims[0] ?? ''
  const claimed = description ?? `Function ${signature(meant)} should be parallel ${wanted}`
  const have = await factOf(
    session,
    meant,
    `case p.proparallel when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end`,
  )
  return have === null ? noSuchFunction(meant, claimed) : sameText(claimed, have, wanted)
}

/**
 * The schema has these functions of that volatility and no others, each with the types of its arguments.
 *
 * @example
 * await tap.functionsOfVolatilityAre('zoo', 'stable', ['greet(text, integer)', 'census_of(text)'])
 */
export async function functionsOfVolatilityAre(
  session: Session,
  schema: string,
  volatility: Volatility,
  signatures: readonly string[],
  description = `Schema ${quoted(schema)} should have the correct ${volatility} functions`,
): Promise<Verdict> {
  const things = `select ${SIGNATURE} as name from pg_catalog.pg_proc as p
                  where p.pronamespace = n.oid and p.provolatile = $2::"char"`
  const names = await thingsOf(session, schema, things, [volatility.charAt(0)])
  if (names === undefined) return noSuchSchema(schema, description)
  return sameThings(
    `${volatility} functions`,
    names.map(({ name }) => name ?? ''),
    signatures,
    description,
  )
}
