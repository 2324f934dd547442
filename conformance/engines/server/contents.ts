import { keyOf } from '../cache.ts'
import type { OpenOptions, Regime } from '../engine.ts'
import { asSuperuserScript, migrations, platformScript, wholePlatformScript } from '../product.ts'
import { pgtapVersion } from './pgtap.ts'

/** Who applies the migrations to a template: this suite, statement by statement, or the Supabase CLI. */
export type AppliedBy = 'suite' | 'cli'

/** What a database holds when it is opened, with nothing left open. */
export interface Contents {
  readonly holds: NonNullable<OpenOptions['holds']>
  readonly regime: Regime
  readonly appliedBy: AppliedBy
  readonly pgtap: boolean
  readonly prepare: string
}

/** A template's name up to the part that changes with what it is made of. */
export function templateStem({ holds, regime, appliedBy, pgtap, prepare }: Contents): string {
  const cli = holds === 'migrations' && appliedBy === 'cli'
  // No stem is the beginning of another: what begins with it is dropped when it is stale.
  const prepared = prepare && `_prepared_${keyOf(prepare).slice(0, 8)}`
  return `template_${holds}${cli ? '_cli' : ''}${pgtap ? '_pgtap' : ''}${prepared}_${regime}_`
}

/** The template's name. It holds a hash of everything it is made of, read anew: a template is never stale. */
export function templateName(contents: Contents): string {
  const files = contents.holds === 'migrations' ? migrations() : []
  return (
    templateStem(contents) +
    keyOf(
      platformScript(contents.regime),
      contents.holds === 'supabase' ? wholePlatformScript() : '',
      contents.pgtap ? `${pgtapVersion} ${asSuperuserScript()}` : '',
      ...files.flatMap(({ name, sql }) => [name, sql]),
    )
  )
}
