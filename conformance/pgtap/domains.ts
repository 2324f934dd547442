/** Claims on domains. */
import type { Session } from '../engines/index.ts'
import { nameOf, shown } from './name.ts'
import { isNamed } from './named.ts'
import { DOMAINS, typeExistence, typeListing } from './type-kinds.ts'
import { otherText, sameText, type Verdict, verdict } from './verdict.ts'

const domains = typeExistence('Domain', DOMAINS)

/**
 * `has_domain`: there is a domain of that name.
 *
 * @example
 * await tap.hasDomain('zoo.weight_kg')
 */
export const hasDomain = domains.has

/**
 * `hasnt_domain`: there is no domain of that name.
 *
 * @example
 * await tap.hasntDomain('zoo.mood')
 */
export const hasntDomain = domains.hasnt

/**
 * `domains_are`: the schema, or the search path, has these domains and no others.
 *
 * @example
 * await tap.domainsAre('Odd Zoo', ['Short Text'])
 */
export const domainsAre = typeListing('domains', DOMAINS)

/**
 * `domain_type_is`: the domain extends that type. Of what the type says in parentheses nothing is compared.
 *
 * @example
 * await tap.domainTypeIs('zoo.weight_kg', 'numeric')
 */
export const domainTypeIs = onBase('should', sameText)

/**
 * `domain_type_isnt`: the domain is there and extends another type.
 *
 * @example
 * await tap.domainTypeIsnt('zoo.weight_kg', 'integer')
 */
export const domainTypeIsnt = onBase('should not', otherText)

function onBase(should: string, compare: typeof sameText) {
  return async (
    session: Session,
    domain: string,
    type: string,
    description = `Domain ${shown(domain)} ${should} extend type ${type}`,
  ): Promise<Verdict> => {
    const { have, want } = await basesOf(session, domain, type)
    return have === null
      ? verdict(false, description, `   Domain ${shown(domain)} does not exist`)
      : compare(description, have, want)
  }
}

/**
 * The type that a domain extends, null when there is no such domain, and the type it should extend, in the same spelling. Both
 * have a schema where the wanted one is written with it. A type that does not exist is spelled as it is written.
 */
async function basesOf(
  session: Session,
  domain: string,
  type: string,
): Promise<{ have: string | null; want: string | null }> {
  const { schema, name } = nameOf(domain)
  const [, before, after = type] = /^("(?:[^"]|"")+"|[^".(\s]+)\.(.+)$/.exec(type) ?? []
  const [row] = await session.query(
    `select coalesce(
              case when $3::name = any(pg_catalog.current_schemas(true))
                   then pg_catalog.quote_ident($3) || '.' || coalesce(pg_catalog.to_regtype($4)::text, $4) end,
              pg_catalog.to_regtype($5)::text,
              $5
            ) as want,
            (select case when $3 is not null and pg_catalog.pg_type_is_visible(b.oid)
                         then pg_catalog.quote_ident(n.nspname) || '.' else '' end
                    || pg_catalog.format_type(b.oid, b.typtypmod)
             from pg_catalog.pg_type as t
             join pg_catalog.pg_type as b on b.oid = t.typbasetype
             join pg_catalog.pg_namespace as n on n.oid = b.typnamespace
             where ${isNamed('pg_type', 't')} and t.typtype = 'd') as have`,
    [schema, name, before === undefined ? null : nameOf(before).name, after, type],
  )
  return { have: row?.['have'] ?? null, want: row?.['want'] ?? null }
}
