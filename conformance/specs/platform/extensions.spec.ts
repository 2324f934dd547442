/**
 * Extensions that servers from npm lack: each is created, does what it says or raises an error, and is dropped.
 *
 * Method: all of fixtures/extensions, one after the other, in one database. A stand-in that the server itself brings after all is
 * left out by it.
 */
import { expect, needs } from '../../harness/index.ts'
import { StatementRunner, standInsIn, Variables } from '../../pgtap-files/index.ts'

const claim = needs('own-database', 'bare-platform', 'own-backend', 'thorough-run')

/** Calls that would have to do something, and the extension they are of. */
const CALLS: Readonly<Record<string, readonly string[]>> = {
  http: [
    `extensions.http_get('https://example.com')`,
    `extensions.http_post('https://example.com', 'a', 'text/plain')`,
  ],
  hypopg: [`extensions.hypopg_create_index('create index on t (n)')`],
  index_advisor: [`extensions.index_advisor('select 1')`],
  pg_graphql: [`graphql.resolve('{ a }')`],
  pg_hashids: [`extensions.id_encode(1)`],
  pg_jsonschema: [`extensions.json_matches_schema('{}', '{}')`],
  pg_net: [`net.http_collect_response(1)`, 'net.worker_restart()'],
  pg_tle: [`pgtle.install_extension('theirs', '1.0', 'a package', 'select 1')`],
  pgmq: [`pgmq.create_partitioned('q')`],
  pgsodium: [`pgsodium.crypto_aead_det_encrypt('a', 'b', gen_random_uuid())`],
  plpgsql_check: [`extensions.plpgsql_check_function('auth.uid()'::regprocedure)`],
  postgis: [`extensions.st_makepoint(1, 2)`, `extensions.st_distance(null::extensions.geography, null)`],
  'supabase-dbdev': [`dbdev.install('somebody-theirs')`],
}

claim(
  'each extension is created and dropped by postgres',
  { timeout: 180_000 },
  async ({ platformServer: engine }) => {
    const database = await engine.open({ holds: 'supabase', pgtap: true })
    try {
      const session = await database.connect()
      const runner = new StatementRunner(session, new Variables(), () => {})
      const known = await session.query(
        `select name, kind from pg_platform.extension_scripts where name <> 'pgtap' and name not like 'basejump%' order by name`,
      )
      expect(known.length).toBeGreaterThan(15)
      for (const { name } of known)
        await runner.run(`create extension if not exists "${name}" with schema extensions`, 'spec')
      const standIns = await standInsIn(session)
      expect(Object.keys(standIns)).toEqual(expect.arrayContaining(['http', 'pg_cron', 'pg_net']))
      for (const [name, calls] of Object.entries(CALLS))
        for (const call of calls)
          await expect(runner.run(`select ${call}`, name), call).rejects.toThrow(
            /stand-in|not provided|not up/,
          )
      for (const { name } of known.toReversed())
        await runner.run(`drop extension if exists "${name}" cascade`, 'spec')
      expect(
        await session.query(`select from pg_namespace where nspname in ('cron', 'net', 'pgmq', 'tests')`),
      ).toEqual([])
      await session.close()
    } finally {
      await database.close()
    }
  },
)

claim('what the platform does not let postgres create is refused', async ({ platformServer: engine }) => {
  const database = await engine.open({ holds: 'supabase' })
  try {
    const session = await database.connect()
    const runner = new StatementRunner(session, new Variables(), () => {})
    await expect(runner.run('create extension pageinspect', 'spec')).rejects.toThrow(
      /permission denied to create extension "pageinspect" \(SQLSTATE 42501\)|is not available/,
    )
    await expect(runner.run('create extension unheard_of', 'spec')).rejects.toThrow(
      /extension "unheard_of" is not available .*HINT: There are: .*pg_cron/,
    )
    await session.close()
  } finally {
    await database.close()
  }
})
