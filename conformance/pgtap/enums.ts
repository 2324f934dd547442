/** Claims on enums. */
import type { Session } from '../engines/index.ts'
import { nameOf, shown } from './name.ts'
import { isNamed } from './named.ts'
import { ENUMS, typeExistence, typeListing } from './type-kinds.ts'
import { sameText, type Verdict } from './verdict.ts'

const enums = typeExistence('Enum', ENUMS)

/**
 * `has_enum`: there is an enum of that name.
 *
 * @example
 * await tap.hasEnum('zoo.mood')
 */
export const hasEnum = enums.has

/**
 * `hasnt_enum`: there is no enum of that name.
 *
 * @example
 * await tap.hasntEnum('zoo.place')
 */
export const hasntEnum = enums.hasnt

/**
 * `enums_are`: the schema, or the search path, has these enums and no others.
 *
 * @example
 * await tap.enumsAre('zoo', ['mood'])
 */
export const enumsAre = typeListing('enums', ENUMS)

/**
 * `enum_has_labels`: the enum has these labels in this order, and no others.
 *
 * @example
 * await tap.enumHasLabels('zoo.mood', ['calm', 'playful', 'hungry'])
 */
export async function enumHasLabels(
  session: Session,
  name: string,
  labels: readonly string[],
  description = `Enum ${shown(name)} should have labels (${labels.join(', ')})`,
): Promise<Verdict> {
  const { schema, name: unqualified } = nameOf(name)
  const [row] = await session.query(
    `select array(select l.enumlabel
                  from pg_catalog.pg_type as t
                  join pg_catalog.pg_enum as l on l.enumtypid = t.oid
                  where ${isNamed('pg_type', 't')} and t.typtype = 'e'
                  order by l.enumsortorder)::text as have,
            $3::name[]::text as want`,
    [schema, unqualified, labels],
  )
  return sameText(description, row?.['have'] ?? null, row?.['want'] ?? null)
}
