/** Claims on which extensions are installed. */
import type { Session } from '../engines/index.ts'
import { finds, type OnThing } from './existence.ts'
import { listing, namesIn } from './listing.ts'
import { type Name, nameOf, quoted } from './name.ts'
import { verdict } from './verdict.ts'

/** That an extension's row is in the schema `$1`, where one is given. */
const INSTALLED = `($1::name is null or
  e.extnamespace = (select n.oid from pg_catalog.pg_namespace as n where n.nspname = $1))`

/**
 * `has_extension`: the extension is installed, in that schema where one is given.
 *
 * @example
 * await tap.hasExtension('extensions."uuid-ossp"')
 */
export const hasExtension: OnThing = async (session, extension, description) => {
  const name = nameOf(extension)
  return verdict(await isInstalled(session, name), description ?? should('exist', name))
}

/**
 * `hasnt_extension`: the extension is not installed, or not in that schema where one is given.
 *
 * @example
 * await tap.hasntExtension('public.pgcrypto')
 */
export const hasntExtension: OnThing = async (session, extension, description) => {
  const name = nameOf(extension)
  return verdict(!(await isInstalled(session, name)), description ?? should('not exist', name))
}

/**
 * `extensions_are`: these extensions are installed, in the schema where one is given, and no others.
 *
 * @example
 * await tap.extensionsAre('pg_catalog', ['plpgsql'])
 */
export const extensionsAre = listing(
  'extensions',
  (session, schema) =>
    namesIn(session, `select e.extname as name from pg_catalog.pg_extension as e where ${INSTALLED}`, [
      schema,
    ]),
  { everywhere: 'Should have the correct extensions' },
)

function isInstalled(session: Session, { schema, name }: Name): Promise<boolean> {
  return finds(session, `select from pg_catalog.pg_extension as e where e.extname = $2 and ${INSTALLED}`, [
    schema,
    name,
  ])
}

function should(what: string, { schema, name }: Name): string {
  const where = schema === null ? '' : ` in schema ${quoted(schema)}`
  return `Extension ${quoted(name)} should ${what}${where}`
}
