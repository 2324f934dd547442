import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Target } from './connection.ts'
import { given, parseDatabaseUrl } from './database-url.ts'

const SOURCE = 'the linked Supabase project'
const Reference = z.string().regex(/^[a-z]{20}$/)

/** Where `supabase link` leaves what it has found out. */
const left = (folder: string, name: string) => join(folder, 'supabase', '.temp', name)

/** Whether the Supabase CLI has linked the project in `folder`. */
export function isLinked(folder: string): boolean {
  return existsSync(left(folder, 'project-ref'))
}

/**
 * The database of the project that `supabase link` has linked: through the project's pooler when the CLI knows it, else
 * directly. Throws an error of one sentence when nothing is linked, or when the files do not agree: the password must not go
 * to anybody else.
 */
export function linkedProject(folder: string, password: string | undefined): Target {
  const reference = Reference.safeParse(read(left(folder, 'project-ref')))
  if (!reference.success)
    throw new Error(
      'No Supabase project is linked: supabase/.temp/project-ref is not there, or holds no reference; run `supabase link --project-ref REFERENCE`.',
    )
  const pooler = read(left(folder, 'pooler-url'))
  const target = pooler
    ? throughPooler(pooler, reference.data)
    : { host: `db.${reference.data}.supabase.co`, user: 'postgres', database: 'postgres', source: SOURCE }
  return { ...target, ...given('password', password) }
}

function throughPooler(text: string, reference: string): Target {
  // Older versions of the CLI leave the place of the password in it.
  const target = parseDatabaseUrl(text.replace(':[YOUR-PASSWORD]', ''), SOURCE)
  const ours = target.user?.endsWith(`.${reference}`) || target.options?.includes(`reference=${reference}`)
  if (!ours || !target.host.endsWith('.supabase.com'))
    throw new Error(
      'supabase/.temp/pooler-url does not lead to the linked project: run `supabase link` again.',
    )
  return target
}

function read(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
}
