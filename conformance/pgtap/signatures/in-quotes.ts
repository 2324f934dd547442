/**
 * A schema whose name needs quotes is none of the search path's to pgTAP, which compares the name with its quotes. What it finds
 * there is printed with the schema, and what is wanted without, so that nothing is ever of a type which the path finds there.
 */
import type { Session } from '../../engines/index.ts'
import { domainTypeIs } from '../domains.ts'
import { finds } from '../existence.ts'
import { quoted } from '../name.ts'
import { haveWant, type Verdict, verdict } from '../verdict.ts'

/** What `domain_type_is` and `domain_type_isnt` are asked of a type in a schema. */
interface OnBase {
  /** As the claims take it. */
  readonly domain: string
  readonly typeSchema: string
  readonly type: string
  readonly description?: string | undefined
}

/** The two; `wanted` is whether the domain should be on that type. */
export const onBaseIn =
  (claim: typeof domainTypeIs, wanted: boolean) =>
  async (session: Session, { domain, typeSchema, type, description }: OnBase): Promise<Verdict> => {
    const base = `${quoted(typeSchema)}.${type}`
    const claimed = await claim(session, domain, base, description)
    if (!(await isMissed(session, typeSchema, type)) || !(await domainTypeIs(session, domain, base)).ok)
      return claimed
    return verdict(!wanted, claimed.description, haveWant(base, type))
  }

/** Whether the path finds a type in a schema, and pgTAP does not see it. */
export async function isMissed(session: Session, schema: string, type: string): Promise<boolean> {
  if (quoted(schema) === schema) return false
  const visible = 'select where pg_catalog.pg_type_is_visible(pg_catalog.to_regtype($1))'
  return finds(session, visible, [`${quoted(schema)}.${type}`])
}
