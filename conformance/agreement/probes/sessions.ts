import type { Probe } from '../probe.ts'

/** Transactions, savepoints, locks and settings, as far as one session can tell. */
export const sessionProbes: readonly Probe[] = [
  {
    name: 'an advisory lock of the transaction',
    ask: `select pg_try_advisory_xact_lock(4711), pg_try_advisory_xact_lock(4711), pg_try_advisory_xact_lock_shared(1, 2)`,
  },
  {
    name: 'an advisory lock as it is listed',
    setup: ['select pg_advisory_xact_lock(4711)'],
    ask: `select locktype, objid, mode, granted from pg_catalog.pg_locks where locktype = 'advisory' and pid = pg_backend_pid()`,
  },
  { name: 'an advisory lock that nobody holds', ask: 'select pg_advisory_unlock(4712)' },
  {
    name: 'an advisory lock goes back with its savepoint',
    setup: ['savepoint inner_one', 'select pg_advisory_xact_lock(4711)', 'rollback to savepoint inner_one'],
    ask: `select count(*) from pg_catalog.pg_locks where locktype = 'advisory' and pid = pg_backend_pid()`,
  },
  {
    name: 'a lock that a table is taken with',
    setup: ['create table public.t (v int)', 'lock table public.t in share row exclusive mode'],
    ask: `select mode from pg_catalog.pg_locks where relation = 'public.t'::regclass and pid = pg_backend_pid() and mode like 'Share%'`,
  },
  {
    name: 'a savepoint that there is not',
    ask: 'rollback to savepoint nothing_of_that_name',
    refused: '3B001',
  },
  {
    name: 'savepoints of one name',
    setup: [
      'create table public.t (v int)',
      'savepoint a',
      'insert into public.t values (1)',
      'savepoint a',
      'insert into public.t values (2)',
      'rollback to savepoint a',
      'release savepoint a',
      'rollback to savepoint a',
    ],
    ask: 'select count(*) from public.t',
  },
  {
    name: 'what a savepoint takes back',
    setup: [
      'savepoint a',
      'create table public.t (v int)',
      `set local statement_timeout = '7s'`,
      'rollback to savepoint a',
    ],
    ask: `select to_regclass('public.t'), current_setting('statement_timeout')`,
  },
  { name: 'a transaction within a transaction', ask: 'begin' },
  {
    name: 'an isolation level that comes too late',
    setup: ['select 1'],
    ask: 'set transaction isolation level serializable',
    refused: '25001',
  },
  { name: 'what cannot be in a transaction', ask: 'create database another', refused: '25001' },
  { name: 'a vacuum in a transaction', ask: 'vacuum', refused: '25001' },
  {
    name: 'an index built beside the traffic',
    setup: ['create table public.t (v int)'],
    ask: 'create index concurrently on public.t (v)',
    refused: '25001',
  },
  {
    name: 'a prepared statement',
    setup: ['prepare probe (int) as select $1 + 1 as next'],
    ask: 'execute probe (41)',
  },
  { name: 'a prepared statement that there is not', ask: 'execute nothing_of_that_name', refused: '26000' },
  {
    name: 'a cursor',
    setup: ['declare probe cursor for select v from generate_series(1, 5) as v', 'move 2 in probe'],
    ask: 'fetch 2 from probe',
  },
  {
    name: 'a temporary table',
    setup: ['create temporary table t (v int) on commit drop', 'insert into t values (1)'],
    ask: `select v, (select relpersistence from pg_catalog.pg_class where oid = 't'::regclass) from t`,
  },
  { name: 'a setting that may not be made', ask: `set local fsync = off`, refused: '55P02' },
  { name: 'a setting of superusers', ask: `set local session_replication_role = replica`, refused: '42501' },
  { name: 'a setting that there is not', ask: `set local nothing_of_that_name = 1`, refused: '42704' },
  {
    name: 'a value that a setting does not take',
    ask: `set local statement_timeout = 'soon'`,
    refused: '22023',
  },
  { name: 'a notification', ask: `select pg_notify('probe', 'x')` },
  {
    name: 'a plan, as it is printed',
    ask: `explain (costs off) select * from copilot_internal.model_pricing where false`,
  },
  {
    name: 'a statement that takes too long',
    setup: [`set local statement_timeout = '10ms'`],
    ask: 'select count(*) from generate_series(1, 1000000) as a',
    refused: '57014',
  },
  {
    name: 'a nap that takes too long',
    setup: [`set local statement_timeout = '20ms'`],
    ask: 'select pg_sleep(0.2)',
    refused: '57014',
  },
  { name: 'an answer that is too large', ask: `select length(repeat('x', 1073741824))`, refused: '54000' },
  {
    name: 'a session that gives its authorization back',
    setup: ['set session authorization postgres', 'reset session authorization'],
    ask: 'select session_user, current_user',
  },
]
