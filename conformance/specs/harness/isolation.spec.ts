/**
 * What keeps tests apart, and what it does not let pass.
 *
 * Method: the transaction of a test, and the databases of a test, used as the harness uses them, and misused.
 */
import type { Database } from '../../engines/index.ts'
import {
  beginTest,
  describe,
  endTest,
  expect,
  needs,
  OwnDatabases,
  SharedDatabase,
} from '../../harness/index.ts'

const onDatabases = needs('own-database')

const DEFERRED = `
  create table public.parent (id int primary key);
  create table public.child (parent_id int references public.parent deferrable initially deferred)`

const never = (): never => {
  throw new Error('This test is not to be skipped.')
}

describe('the transaction of a test', () => {
  onDatabases('what it did is gone when it ends', async ({ ownDatabase }) => {
    const connection = await (await ownDatabase()).connect()
    const session = await beginTest(connection, { readOnly: undefined, skip: never })
    await session.query('create table public.made_by_a_test ()')
    await endTest(connection)
    expect(await connection.query(`select to_regclass('public.made_by_a_test') as made`)).toEqual([
      { made: null },
    ])
    await connection.close()
  })

  onDatabases('a deferred constraint is forced before it ends', async ({ ownDatabase }) => {
    const connection = await (await ownDatabase()).connect()
    await connection.run(DEFERRED)
    const session = await beginTest(connection, { readOnly: undefined, skip: never })
    await session.query('insert into public.child values (1)')
    await expect(endTest(connection)).rejects.toMatchObject({ code: '23503' })
    expect(await connection.query('select count(*) as rows from public.child')).toEqual([{ rows: '0' }])
    await connection.close()
  })

  onDatabases('one that has failed already ends quietly', async ({ ownDatabase }) => {
    const connection = await (await ownDatabase()).connect()
    const session = await beginTest(connection, { readOnly: undefined, skip: never })
    await expect(session.query('select 1/0')).rejects.toMatchObject({ code: '22012' })
    await endTest(connection)
    await connection.close()
  })

  onDatabases('where nothing may be written, a test that would is skipped', async ({ ownDatabase }) => {
    const connection = await (await ownDatabase()).connect()
    const notes: string[] = []
    const skip = (note: string): never => {
      notes.push(note)
      throw new Error('skipped')
    }
    const session = await beginTest(connection, { readOnly: 'not run: only to be read', skip })
    expect(await session.query('select 1 as one')).toEqual([{ one: '1' }])
    await expect(session.run('delete from copilot_internal.e2b_pricing')).rejects.toThrow('skipped')
    expect(notes).toEqual(['not run: only to be read'])
    await endTest(connection)
    await connection.close()
  })
})

describe('the databases of a test', () => {
  onDatabases('a connection that is left open is counted', async ({ engine }) => {
    const databases = new OwnDatabases(engine)
    const database = await databases.open()
    const [closed] = [await database.connect(), await database.connect()]
    await closed.close()
    expect(databases.leaked).toBe(1)
    await databases.close()
  })

  onDatabases('two of them do not see each other', async ({ ownDatabase }) => {
    const [one, other] = [await (await ownDatabase()).connect(), await (await ownDatabase()).connect()]
    await one.query('create table public.only_here ()')
    expect(await other.query(`select to_regclass('public.only_here') as seen`)).toEqual([{ seen: null }])
    await Promise.all([one.close(), other.close()])
  })
})

describe('the database of a failed test, when it is wanted', () => {
  const reachable = needs('own-database', 'network')
  const MADE = 'create table public.made_by_a_test ()'
  const IS_MADE = `select to_regclass('public.made_by_a_test') is not null as made`

  reachable('shows what the test did, and the next test gets another', async ({ engine }) => {
    const opened: Database[] = []
    const shared = new SharedDatabase(async () => {
      const database = await engine.open()
      opened.push(database)
      return database
    })
    const first = await shared.session()
    await first.query('begin')
    await first.query(MADE)
    expect(await shared.keep()).toEqual({ url: opened[0]?.url })

    const visitor = await opened[0]?.connect()
    expect(await visitor?.query(IS_MADE)).toEqual([{ made: 't' }])
    await visitor?.close()
    expect(await (await shared.session()).query(IS_MADE)).toEqual([{ made: 'f' }])
    for (const database of opened) await database.close()
  })

  reachable('is not kept when its transaction had failed, and says so', async ({ engine }) => {
    const shared = new SharedDatabase(() => engine.open())
    const session = await shared.session()
    await session.query('begin')
    await expect(session.query('select 1/0')).rejects.toMatchObject({ code: '22012' })
    expect(await shared.keep()).toEqual({ why: expect.stringMatching(/transaction had failed/) })
    await endTest(session)
    await shared.close()
  })

  reachable('of its own is let go of, without its connections', async ({ engine }) => {
    const databases = new OwnDatabases(engine)
    const database = await databases.open()
    const session = await database.connect()
    await session.query(MADE)
    expect(await databases.close({ keep: true })).toEqual([database.url])
    const visitor = await database.connect()
    expect(await visitor.query(IS_MADE)).toEqual([{ made: 't' }])
    await visitor.close()
    await database.close()
  })
})
