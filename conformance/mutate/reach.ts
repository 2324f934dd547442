/** What a claim reaches: the objects it names or runs, and those that these are made of. */
import type { Session } from '../engines/index.ts'
import { OWN } from './mutants/catalog.ts'
import type { Recorded } from './warm/messages.ts'

/** The objects of the schemas on trial by their names, and the names each is made of. */
export type Objects = ReadonlyMap<string, { readonly isCounted: boolean; readonly uses: ReadonlySet<string> }>

/** Reads them from a database with the migrations. */
export async function objectsOf(session: Session): Promise<Objects> {
  const rows = await session.query(`
    select proname as name, prosrc || coalesce(pg_get_expr(proargdefaults, 0), '') as body, l.lanname = 'plpgsql' as counted
    from pg_proc as p join pg_namespace on pg_namespace.oid = pronamespace join pg_language as l on l.oid = prolang where nspname ${OWN}
    union all
    select relname, case when relkind = 'v' then pg_get_viewdef(c.oid) else
      coalesce((select string_agg(pg_get_triggerdef(t.oid), ' ') from pg_trigger as t where tgrelid = c.oid and not tgisinternal), '')
      || coalesce((select string_agg(pg_get_constraintdef(k.oid), ' ') from pg_constraint as k where conrelid = c.oid), '') end, false
    from pg_class as c join pg_namespace on pg_namespace.oid = relnamespace where nspname ${OWN} and relkind in ('r', 'p', 'v', 'm')`)
  const names = new Set(rows.map(({ name }) => name ?? ''))
  return new Map(
    rows.map(({ name, body, counted }) => [
      name ?? '',
      {
        isCounted: counted === 't',
        uses: new Set((body ?? '').match(/\w{3,}/g)?.filter((word) => names.has(word)) ?? []),
      },
    ]),
  )
}

/** The names that a claim reaches. A function in PL/pgSQL that runs is counted by the server: nobody need guess. */
export function reachOf({ ran, words }: Recorded, objects: Objects): Set<string> {
  const reached = new Set<string>()
  const visit = (name: string) => {
    const object = objects.get(name)
    if (!object || reached.has(name)) return
    reached.add(name)
    for (const used of object.uses) if (!objects.get(used)?.isCounted) visit(used)
  }
  for (const name of ran) visit(name.split('.').at(-1) ?? '')
  for (const word of words) visit(word)
  return reached
}
