/**
 * The whole vocabulary: every assertion that pgTAP creates, with each of its overloads, is one of ours.
 */
import { expect, needs } from '../../harness/index.ts'
import { overloadOf, signatures } from '../../pgtap/index.ts'
import { cases } from './cases.ts'

/** What is no assertion: the plan and the protocol, which belong to the runner of a file, and pgTAP's own tools. */
const NO_ASSERTIONS = [
  'add_result',
  'check_test',
  'collect_tap',
  'diag',
  'diag_test_name',
  'display_oper',
  'do_tap',
  'findfuncs',
  'finish',
  'format_type_string',
  'in_todo',
  'no_plan',
  'num_failed',
  'os_name',
  'pg_version',
  'pg_version_num',
  'pgtap_version',
  'plan',
  'runtests',
  'skip',
  'todo',
  'todo_end',
  'todo_start',
]

/** An argument with a default makes two overloads: with it, and without. */
needs('pgtap')('every overload of every assertion of pgTAP has its call', async ({ zoo }) => {
  const rows = await zoo.query(
    `select p.proname as name,
            (select string_agg(pg_catalog.format_type(t.type, null), ', ' order by t.place)
             from unnest(p.proargtypes) with ordinality as t (type, place)
             where t.place <= p.pronargs - n.left_out) as types
     from pg_catalog.pg_proc as p
     cross join generate_series(0, p.pronargdefaults) as n (left_out)
     where p.pronamespace = 'extensions'::regnamespace and p.proname !~ '^_' and p.prokind = 'f'
       and exists (select from pg_catalog.pg_depend as d
                   join pg_catalog.pg_extension as e on e.oid = d.refobjid and e.extname = 'pgtap'
                   where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
       and p.proname <> all ($1)`,
    [NO_ASSERTIONS],
  )
  const theirs = rows.map(({ name, types }) => `${name}(${types ?? ''})`)
  const ours = Object.entries(signatures).flatMap(([name, overloads]) =>
    overloads.map(({ types }) => `${name}(${types.map(polymorphic).join(', ')})`),
  )
  expect(ours.sort()).toEqual(theirs.sort())
})

needs('pgtap')('every overload is tried beside pgTAP’s', () => {
  const tried = new Set(
    cases.map(({ name, args }) =>
      overloadOf(
        name,
        args.map(({ type }) => type),
      ),
    ),
  )
  const untried = Object.entries(signatures).flatMap(([name, overloads]) =>
    overloads.filter((one) => !tried.has(one)).map(({ types }) => `${name}(${types.join(', ')})`),
  )
  expect(untried).toEqual([])
})

function polymorphic(type: string): string {
  return { any: 'anyelement', 'any[]': 'anyarray' }[type] ?? type
}
