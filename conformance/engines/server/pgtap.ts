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
  await session.run(`begin; set local search_path = extensions, pg_catalog;`)
  // As one statement: a thousand round trips would cost more than they do.
  await session.run(`do $do$ begin execute $pgtap$${await pgtapScript()}$pgtap$; end $do$`)
  await session.run(`${declareExtension}; ${addMembers}; ${givePgtapToPostgres} commit`)
}

/** The extension itself, and that it needs its schema: what `create extension` notes before it runs the script. */
const declareExtension = `
  with extension as (
    insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    values (pg_nextoid('pg_extension', 'oid', 'pg_extension_oid_index'),
            'pgtap', current_user::regrole, 'extensions'::regnamespace, true, '${pgtapVersion}')
    returning oid, extnamespace
  )
  insert into pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
  select 'pg_extension'::regclass, oid, 0, 'pg_namespace'::regclass, extnamespace, 0, 'n' from extension`

/** Adds everything in schema `extensions` that no extension has yet: the platform puts nothing else there. */
const addMembers = `
  do $$
  declare
    member text;
  begin
    for member in
      select 'function ' || oid::regprocedure from pg_proc
      where pronamespace = 'extensions'::regnamespace
        and not exists (select from pg_depend where classid = 'pg_proc'::regclass and objid = pg_proc.oid and deptype = 'e')
      union all
      select case relkind when 'v' then 'view ' else 'type ' end || oid::regclass from pg_class
      where relnamespace = 'extensions'::regnamespace and relkind in ('v', 'c')
        and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e')
    loop
      execute 'alter extension pgtap add ' || member;
    end loop;
  end
  $$`
