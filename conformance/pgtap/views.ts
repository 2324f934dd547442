/** Claims on the options of a view. */
import type { Session } from '../engines/index.ts'
import { shown } from './name.ts'
import { rowsOfRelation } from './relation.ts'
import { sameThings, type Verdict, verdict } from './verdict.ts'

/**
 * The view runs with the rights of whoever asks, so that their row level security applies: `security_invoker` is on.
 *
 * @example
 * await tap.viewIsSecurityInvoker('zoo.heavy_animals')
 */
export async function viewIsSecurityInvoker(
  session: Session,
  view: string,
  description = `View ${shown(view)} should be a security invoker`,
): Promise<Verdict> {
  const options = await optionsOf(session, view)
  if (options === undefined) return noView(view, description)
  return verdict(isOn(options.get('security_invoker')), description)
}

/**
 * The view has these options and no others, such as `security_invoker`, `security_barrier` and `check_option`. True, on, yes
 * and 1 are the same.
 *
 * @example
 * await tap.viewOptionsAre('zoo.heavy_animals', { security_invoker: true })
 */
export async function viewOptionsAre(
  session: Session,
  view: string,
  options: Readonly<Record<string, string | boolean>>,
  description = `View ${shown(view)} should have the correct options`,
): Promise<Verdict> {
  const have = await optionsOf(session, view)
  if (have === undefined) return noView(view, description)
  const lines = (pairs: Iterable<readonly [string, string | boolean]>) =>
    [...pairs].map(([name, value]) => `${name}=${plain(String(value))}`)
  return sameThings('options', lines(have), lines(Object.entries(options)), description)
}

/** The options of a view or a materialized view, as they were given; undefined when there is none of that name. */
async function optionsOf(session: Session, view: string): Promise<Map<string, string> | undefined> {
  const rows = await rowsOfRelation(session, view, {
    columns: 'o.option_name as name, o.option_value as value',
    join: 'left join lateral pg_catalog.pg_options_to_table(c.reloptions) as o on true',
    kinds: ['v', 'm'],
  })
  if (rows.length === 0) return undefined
  return new Map(rows.flatMap(({ name, value }) => (name ? [[name, value ?? ''] as const] : [])))
}

function isOn(value: string | undefined): boolean {
  return plain(value ?? 'false') === 'true'
}

/** The server's other words for true and false, as those. */
function plain(value: string): string {
  if (/^(true|on|yes|1)$/i.test(value)) return 'true'
  return /^(false|off|no|0)$/i.test(value) ? 'false' : value
}

function noView(view: string, description: string): Verdict {
  return verdict(false, description, `    View ${shown(view)} does not exist`)
}
