/** Claims on which languages functions may be written in. */
import type { Session } from '../engines/index.ts'
import { finds, plainExistence } from './existence.ts'
import { plainListing } from './listing.ts'
import { quoted } from './name.ts'
import { type Verdict, verdict } from './verdict.ts'

const languages = plainExistence('Procedural language', (session, name) =>
  finds(session, 'select from pg_catalog.pg_language as l where l.lanname = $1', [name]),
)

/**
 * `has_language`: there is a language of that name, procedural or built in.
 *
 * @example
 * await tap.hasLanguage('plpgsql')
 */
export const hasLanguage = languages.has

/**
 * `hasnt_language`: there is no language of that name.
 *
 * @example
 * await tap.hasntLanguage('plcobol')
 */
export const hasntLanguage = languages.hasnt

/**
 * `language_is_trusted`: anybody with the privilege may write functions in the language, since it lets nobody out of the database.
 *
 * @example
 * await tap.languageIsTrusted('plpgsql')
 */
export async function languageIsTrusted(
  session: Session,
  language: string,
  description = `Procedural language ${quoted(language)} should be trusted`,
): Promise<Verdict> {
  const [row] = await session.query(
    'select l.lanpltrusted::text as trusted from pg_catalog.pg_language as l where l.lanname = $1',
    [language],
  )
  return row === undefined
    ? verdict(false, description, `    Procedural language ${quoted(language)} does not exist`)
    : verdict(row['trusted'] === 'true', description)
}

/**
 * `languages_are`: the database has these procedural languages and no others.
 *
 * @example
 * await tap.languagesAre(['plpgsql', 'zoo_language'])
 */
export const languagesAre = plainListing(
  'languages',
  'select l.lanname as name from pg_catalog.pg_language as l where l.lanispl',
  { things: 'procedural languages' },
)
