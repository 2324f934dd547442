/** Claims on casts. Types are read as SQL reads them. */
import type { Session } from '../engines/index.ts'
import { type Rest, restOf } from './detail.ts'
import { finds } from './existence.ts'
import { plainListing } from './listing.ts'
import { nameOf, quoted, shown } from './name.ts'
import { sameText, type Verdict, verdict } from './verdict.ts'

/** Where a cast is applied: wherever it helps, in assignments too, or only where it is written. */
export type CastContext = 'implicit' | 'assignment' | 'explicit'

/** A claim on the cast between two types, by that function where it is named. */
export type OnCast = (
  session: Session,
  source: string,
  target: string,
  ...rest: Rest<{ readonly function: string }>
) => Promise<Verdict>

/**
 * `has_cast`: there is a cast from the one type to the other, with that function where it is named. A function without a schema
 * may be in any.
 *
 * @example
 * await tap.hasCast('zoo.place', 'text', { function: 'zoo.place_to_text' })
 */
export const hasCast: OnCast = existence(true)

/**
 * `hasnt_cast`: there is no cast from the one type to the other, or none with that function where it is named.
 *
 * @example
 * await tap.hasntCast('zoo.mood', 'bigint')
 */
export const hasntCast: OnCast = existence(false)

/**
 * `cast_context_is`: the cast is there, and is applied in that context.
 *
 * @example
 * await tap.castContextIs('zoo.place', 'text', 'assignment')
 */
export async function castContextIs(
  session: Session,
  source: string,
  target: string,
  context: CastContext,
  description = `${cast(source, target)} context should be ${context}`,
): Promise<Verdict> {
  const [row] = await session.query(
    `select case c.castcontext when 'i' then 'implicit' when 'a' then 'assignment' else 'explicit' end as context
     from pg_catalog.pg_cast as c
     where c.castsource = pg_catalog.to_regtype($1) and c.casttarget = pg_catalog.to_regtype($2)`,
    [source, target],
  )
  return row === undefined
    ? verdict(false, description, `    ${cast(source, target)} does not exist`)
    : sameText(description, row['context'] ?? null, context)
}

/**
 * `casts_are`: the database has these casts and no others, the system's included: `integer AS text`.
 *
 * @example
 * await expect(tap.castsAre(['zoo.place AS text'])).rejects.toThrow('Extra casts')
 */
export const castsAre = plainListing(
  'casts',
  `select pg_catalog.format_type(c.castsource, null) || ' AS ' || pg_catalog.format_type(c.casttarget, null) as name
   from pg_catalog.pg_cast as c`,
  { print: (cast) => cast },
)

function existence(wanted: boolean): OnCast {
  return async (session, source, target, ...rest) => {
    const { detail, description } = restOf(rest)
    const { schema, name } = detail ? nameOf(detail.function) : { schema: null, name: null }
    const exists = await finds(
      session,
      `select from pg_catalog.pg_cast as c
       left join pg_catalog.pg_proc as p on p.oid = c.castfunc
       where c.castsource = pg_catalog.to_regtype($1) and c.casttarget = pg_catalog.to_regtype($2)
         and ($4::name is null or p.proname = $4)
         and ($3::name is null
              or p.pronamespace = (select n.oid from pg_catalog.pg_namespace as n where n.nspname = $3))`,
      [source, target, schema, name],
    )
    const by = detail ? ` WITH FUNCTION ${shown(detail.function)}()` : ''
    return verdict(
      exists === wanted,
      description ?? `${cast(source, target)}${by} should ${wanted ? '' : 'not '}exist`,
    )
  }
}

function cast(source: string, target: string): string {
  return `Cast (${quoted(source)} AS ${quoted(target)})`
}
