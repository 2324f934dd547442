import { keyOf } from '../cache.ts'
import type { OpenOptions, Regime } from '../engine.ts'
import { migrations, platformScript } from '../product.ts'

/** Who applies the migrations to a template: this suite, statement by statement, or the Supabase CLI. */
export type AppliedBy = 'suite' | 'cli'

/** What a database holds when it is opened, with nothing left open. */
export interface Contents {
  readonly holds: NonNullable<OpenOptions['holds']>
  readonly regime: Regime
  readonly appliedBy: AppliedBy
}

/** A template's name up to the part that changes with what it is made of. */
export function templateStem({ holds, regime, appliedBy }: Contents): string {
  return `template_${holds}_${regime}${holds === 'migrations' && appliedBy === 'cli' ? '_cli' : ''}_`
}

/** The template's name. It holds a hash of everything it is made of, read anew: a template is never stale. */
export function templateName(contents: Contents): string {
  const files = contents.holds === 'migrations' ? migrations() : []
  return (
    templateStem(contents) +
    keyOf(platformScript(contents.regime), ...files.flatMap(({ name, sql }) => [name, sql]))
  )
}
