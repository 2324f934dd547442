/**
 * What a project may do on the whole platform as `postgres`, who is no superuser there.
 *
 * Method: each claim does it in a database of its own, as migrations of public projects do.
 */
import type { Session } from '../../engines/index.ts'
import { expect, needs } from '../../harness/index.ts'
import { StatementRunner, Variables } from '../../pgtap-files/index.ts'

const claim = needs('own-database', 'bare-platform', 'own-backend', 'thorough-run')

/** Runs statements as a file of a project has them, and answers the last one's rows. */
type Run = (...statements: readonly string[]) => Promise<readonly (readonly (string | null)[])[]>

function onPlatform(title: string, work: (run: Run, session: Session) => Promise<void>): void {
  claim(title, async ({ platformServer: engine }) => {
    const database = await engine.open({ holds: 'supabase', pgtap: true })
    try {
      const session = await database.connect()
      const runner = new StatementRunner(session, new Variables(), () => {})
      await work(async (...statements) => {
        let rows: readonly (readonly (string | null)[])[] = []
        for (const sql of statements) rows = (await runner.run(sql, 'spec'))?.rows ?? []
        return rows
      }, session)
      await session.close()
    } finally {
      await database.close()
    }
  })
}

onPlatform('triggers and policies go on tables of the platform', async (run) => {
  await run(
    'create table public.profiles (id uuid primary key references auth.users (id) on delete cascade, full_name text)',
    `create function public.handle_new_user() returns trigger language plpgsql security definer set search_path = '' as $$
     begin insert into public.profiles values (new.id, new.raw_user_meta_data ->> 'full_name'); return new; end $$`,
    'create trigger on_auth_user_created after insert on auth.users for each row execute procedure public.handle_new_user()',
    `insert into auth.users (id, raw_user_meta_data) values (gen_random_uuid(), '{"full_name": "Ada"}')`,
    'set session_replication_role = replica',
    `insert into auth.users (id, raw_user_meta_data) values (gen_random_uuid(), '{"full_name": "Bob"}')`,
    'set session_replication_role = origin',
    `create policy own on storage.objects for select to authenticated using ((storage.foldername(name))[1] = (select auth.uid()::text))`,
    `create policy listen on realtime.messages for select to authenticated using (realtime.topic() = 'room')`,
    'alter publication supabase_realtime add table public.profiles',
  )
  expect(await run('select full_name from public.profiles')).toEqual([['Ada']])
})

onPlatform('an event trigger is made, works, and is dropped', async (run) => {
  await run(
    'create table public.seen (tag text)',
    `create function public.note() returns event_trigger language plpgsql as $$ begin insert into public.seen values (tg_tag); end $$`,
    `create event trigger notes on ddl_command_end when tag in ('CREATE TABLE', 'CREATE VIEW') execute function public.note()`,
    'create table public.another ()',
    'drop event trigger notes',
    'create table public.third ()',
  )
  expect(await run('select tag from public.seen')).toEqual([['CREATE TABLE']])
})

onPlatform('secrets are kept unreadable, and read by whoever may', async (run) => {
  await run(`select vault.create_secret('s3cr3t', 'key', 'of a service')`)
  expect(await run(`select secret like '%s3cr3t%', decrypted_secret from vault.decrypted_secrets`)).toEqual([
    ['f', 's3cr3t'],
  ])
  await run(`select vault.update_secret(id, 'another') from vault.secrets`)
  expect(await run('select name, decrypted_secret from vault.decrypted_secrets')).toEqual([
    ['key', 'another'],
  ])
  await run('set role anon')
  await expect(run('select * from vault.decrypted_secrets')).rejects.toThrow(
    /permission denied for schema vault/,
  )
})

onPlatform('messages are sent as rows, and objects are listed by folders', async (run) => {
  await run(
    `select realtime.send('{"a": 1}', 'changed', 'room', false)`,
    `insert into storage.buckets (id, name) values ('b', 'b')`,
    `insert into storage.objects (bucket_id, name) values ('b', 'x/1.txt'), ('b', 'x/y/2.tar.gz'), ('b', '3.png')`,
  )
  expect(await run(`select payload ->> 'a', topic, event, private from realtime.messages`)).toEqual([
    ['1', 'room', 'changed', 'f'],
  ])
  expect(await run(`select name, id is null from storage.search('', 'b')`)).toEqual([
    ['x', 't'],
    ['3.png', 'f'],
  ])
  expect(await run(`select name from storage.search('x/', 'b', 100, 2)`)).toEqual([['y'], ['1.txt']])
  expect(
    await run(
      `select storage.foldername(name), storage.filename(name), storage.extension(name) from storage.objects where name like '%gz'`,
    ),
  ).toEqual([['{x,y}', '2.tar.gz', 'gz']])
  await expect(run('delete from storage.objects')).rejects.toThrow(
    /Direct deletion from storage tables is not allowed/,
  )
})

onPlatform('pgTAP is dropped and created again', async (run) => {
  await run('drop extension pgtap', 'create extension pgtap', 'select no_plan()')
  expect(await run('select ok(true)')).toEqual([['ok 1']])
})
