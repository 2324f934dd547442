/** A folder as rules see it: its statements, what they make, and what was there before. */
import type { MigrationsFolder } from '../folder.ts'
import { madeBy } from './made.ts'
import { schemaOf } from './names.ts'
import { type Placed, type Placement, placed } from './placed.ts'
import type { Made } from './table.ts'

/** What rules may ask. */
export interface Script extends Placement {
  /** What the folder's statements come to. */
  readonly made: Made
  /**
   * Whether a table is there, with rows and readers, when a statement is run: a released file made it; without a manifest, an
   * earlier file; or no file at all, so it is the platform's.
   */
  readonly isThere: (table: string, at: Placed) => boolean
}

/** Reads a folder for the rules. */
export async function scriptOf(folder: MigrationsFolder): Promise<Script> {
  const placement = await placed(folder)
  const made = madeBy(placement)
  const isThere = (table: string, at: Placed): boolean => {
    if (schemaOf(table) === 'pg_temp') return false
    const birth = lastBefore(made.births.get(table), at) ?? lastBefore(made.schemas.get(schemaOf(table)), at)
    if (birth === undefined) return true
    return birth.file !== at.file && (!placement.hasManifest || birth.isReleased)
  }
  return { ...placement, made, isThere }
}

function lastBefore(births: readonly Placed[] | undefined, { order }: Placed): Placed | undefined {
  return births?.findLast((birth) => birth.order <= order)
}
