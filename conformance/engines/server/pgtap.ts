/**
 * pgTAP on a server whose binaries come without it.
 *
 * `create extension` would want files in the server's own folder, which is not ours to write to. So its SQL is run as it
 * is, and what it made is then declared to be the extension `pgtap`: to every client it is one, `create extension if not
 * exists pgtap` has nothing left to do, and what looks at an extension's members (pgTAP itself does) finds them.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { parseTarGzip } from 'nanotar'
import type { Session } from '../engine.ts'
import { givePgtapToPostgres } from '../pgtap.ts'
import { asSuperuserScript, extensionEntry } from '../product.ts'

/** The version that `@electric-sql/pglite-pgtap` brings. */
export const pgtapVersion = '1.3.5'

/** What `create extension pgtap with schema extensions` runs. */
async function pgtapScript(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite-pgtap')
  const files = await parseTarGzip(await readFile(join(dirname(entry), 'pgtap.tar.gz')))
  const script = files.find(({ name }) => name.endsWith(`/pgtap--${pgtapVersion}.sql`))?.text
  if (script) return script
  throw new Error(
    `@electric-sql/pglite-pgtap does not hold pgTAP ${pgtapVersion}: has its version been changed?`,
  )
}

/** Installs pgTAP, for a superuser in a database with the platform. */
export async function putPgtap(session: Session): Promise<void> {
  const pgtap = { name: 'pgtap', version: pgtapVersion, schema: undefined, kind: 'works', note: '' } as const
  // As one statement: a thousand round trips would cost more than they do.
  await session.run(`begin; ${asSuperuserScript()}
    ${extensionEntry({ ...pgtap, script: await pgtapScript() })}
    select pg_platform.install(s, 'extensions') from pg_platform.extension_scripts as s where name = 'pgtap';
    ${givePgtapToPostgres} commit`)
}
