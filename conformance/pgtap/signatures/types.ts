import type { Session } from '../../engines/index.ts'
import * as domains from '../domains.ts'
import * as enums from '../enums.ts'
import type { Listing } from '../listing.ts'
import { qualified, quoted } from '../name.ts'
import * as claims from '../types.ts'
import type { Verdict } from '../verdict.ts'
import { onBaseIn } from './in-quotes.ts'
import { type Overload, overloads } from './overloads.ts'
import { thing } from './relations.ts'

/** All types of a kind. pgTAP reads those that are wanted as types, so that `int` stands for `integer`. */
const typeNames = (claim: Listing): Overload[] => [
  ...overloads(
    'schema:name names:name[] [description:text]',
    async (session, { schema, names, description }) =>
      claim(session, schema, await spelled(session, names), description),
  ),
  ...overloads('names:name[] [description:text]', async (session, { names, description }) =>
    claim(session, await spelled(session, names), description),
  ),
]

async function spelled(session: Session, names: readonly string[]): Promise<string[]> {
  const rows = await session.query(
    `select coalesce(pg_catalog.to_regtype(t)::text, t) as name
     from pg_catalog.unnest($1::text[]) with ordinality as u (t, n) order by n`,
    [names],
  )
  return rows.map(({ name }) => name ?? '')
}

/** pgTAP looks for a domain by its name in lower case, and prints the name as it was given. */
const onBase = (claim: typeof domains.domainTypeIs, wanted: boolean): Overload[] => [
  ...overloads('schema:name domain:text typeSchema:name type:text [description:text]', (session, a) =>
    asGiven(onBaseIn(claim, wanted), wanted)(session, { ...a, base: `${quoted(a.typeSchema)}.${a.type}` }),
  ),
  ...overloads('schema:name domain:text type:text [description:text]', (session, a) =>
    asGiven(plainly(claim), wanted)(session, { ...a, base: a.type }),
  ),
  ...overloads('domain:text type:text [description:text]', (session, a) =>
    asGiven(plainly(claim), wanted)(session, { ...a, schema: null, base: a.type }),
  ),
]

/** A domain and a type as they were given. `base` is how the type is printed. */
interface Given {
  readonly schema: string | null
  readonly domain: string
  readonly base: string
  readonly type: string
  readonly description?: string | undefined
}

type Asked<More> = (
  session: Session,
  asked: More & { domain: string; type: string; description: string },
) => Promise<Verdict>

const plainly =
  (claim: typeof domains.domainTypeIs): Asked<object> =>
  (session, { domain, type, description }) =>
    claim(session, domain, type, description)

function asGiven<More>(claim: Asked<More>, wanted: boolean) {
  return async (session: Session, given: Given & More): Promise<Verdict> => {
    const { schema, domain, base } = given
    const name = schema === null ? domain : `${quoted(schema)}.${domain}`
    const description =
      given.description ?? `Domain ${name} should ${wanted ? '' : 'not '}extend type ${base}`
    const folded = qualified(schema, domain.toLowerCase())
    const verdict = await claim(session, { ...given, domain: folded, description })
    return {
      ...verdict,
      diagnostics: verdict.diagnostics.replace(
        /^ +Domain .* does not exist$/,
        () => `   Domain ${name} does not exist`,
      ),
    }
  }
}

const labels = (claim: typeof enums.enumHasLabels): Overload[] =>
  overloads('[schema:name] enum:name labels:name[] [description:text]', (session, a) =>
    claim(session, qualified(a.schema, a.enum), a.labels, a.description),
  )

export const types = {
  has_type: thing(claims.hasType),
  hasnt_type: thing(claims.hasntType),
  types_are: typeNames(claims.typesAre),
  has_domain: thing(domains.hasDomain),
  hasnt_domain: thing(domains.hasntDomain),
  domains_are: typeNames(domains.domainsAre),
  domain_type_is: onBase(domains.domainTypeIs, true),
  domain_type_isnt: onBase(domains.domainTypeIsnt, false),
  has_enum: thing(enums.hasEnum),
  hasnt_enum: thing(enums.hasntEnum),
  enums_are: typeNames(enums.enumsAre),
  enum_has_labels: labels(enums.enumHasLabels),
}
