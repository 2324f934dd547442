/** Views, and whose rights they read with. */
import { type Node, type NodeOf, nodeAs } from '../../../syntax/index.ts'
import { accessOf, concerns } from '../access.ts'
import { listedName, partsOf, relationName, schemaOf, textOf } from '../names.ts'
import type { Placed } from '../placed.ts'
import type { Found, Rule } from '../rule.ts'
import type { Script } from '../script.ts'

interface View {
  readonly at: Placed
  readonly isInvoker: boolean
  /** Whether an earlier statement had made it so. */
  readonly wasInvoker: boolean
}

type Options = NodeOf<'ViewStmt'>['options']

/** What PostgreSQL takes for true: each beginning of true and yes, on, and 1. */
const TRUE = /^(tr?|true?|ye?|yes|on|1)$/i

/** The value of an option: one that is no word of the grammar, such as `yes`, is parsed as the name of a type. */
function wordOf(arg: Node): string {
  return textOf(partsOf(arg)[0]) || String(nodeAs(arg, 'Integer')?.ival ?? 0)
}

function isInvoker(options: Options): boolean | undefined {
  const option = (options ?? [])
    .map((each) => nodeAs(each, 'DefElem'))
    .find((each) => each?.defname === 'security_invoker')
  if (!option) return undefined
  return option.arg ? TRUE.test(wordOf(option.arg)) : true
}

function viewsOf({ statements }: Script): Map<string, View> {
  const views = new Map<string, View>()
  for (const at of statements) {
    const view = nodeAs(at.node, 'ViewStmt')
    if (view) {
      const name = relationName(view.view, at)
      if (schemaOf(name) === 'pg_temp') continue
      const wasInvoker = views.get(name)?.isInvoker ?? false
      views.set(name, { at, isInvoker: isInvoker(view.options) ?? false, wasInvoker })
    }
    const alter = nodeAs(at.node, 'AlterTableStmt')
    const altered = views.get(relationName(alter?.relation, at))
    for (const each of alter?.cmds ?? []) {
      const command = nodeAs(each, 'AlterTableCmd')
      const options = command?.def ? nodeAs(command.def, 'List')?.items : undefined
      const says = isInvoker(options)
      if (!altered || says === undefined || !/^AT_(Re)?[Ss]etRelOptions$/.test(command?.subtype ?? ''))
        continue
      const now = command?.subtype === 'AT_SetRelOptions' && says
      const name = relationName(alter?.relation, at)
      views.set(name, { at: now ? altered.at : at, isInvoker: now, wasInvoker: altered.isInvoker })
    }
    const dropped = nodeAs(at.node, 'DropStmt')
    if (dropped?.removeType === 'OBJECT_VIEW')
      for (const object of dropped.objects ?? []) views.delete(listedName(partsOf(object), at))
  }
  return views
}

/** Views read with the rights of whoever asks. */
export const viewsAreInvoker: Rule = {
  id: 'views-run-as-whoever-asks',
  title: 'every view reads with the rights of whoever asks it',
  looksFor:
    'a view whose last definition has no `security_invoker = true`, also where CREATE OR REPLACE loses it',
  hint: 'Write `create or replace view … with (security_invoker = true) as …`, each time.',
  concerns: 'state',
  judge: (script) =>
    [...viewsOf(script)]
      .filter(([, view]) => !view.isInvoker)
      .map(([name, { at, wasInvoker }]) => ({
        at,
        objects: [name],
        reason: wasInvoker
          ? 'It had security_invoker, and loses it here: it reads past row level security from now on.'
          : 'It reads with the rights of its owner, and so past row level security.',
      })),
}

/** Materialized views hold what their owner saw. */
export const materializedViewsAreClosed: Rule = {
  id: 'materialized-views-are-closed',
  title: 'no materialized view is open to the API’s roles',
  looksFor:
    'a materialized view in schema public that is not revoked from anon and authenticated, or one that is granted to them',
  hint: 'Put it into a schema that the API does not expose, or read it through a function that checks who asks.',
  concerns: 'state',
  judge: (script) =>
    script.statements.flatMap((at) => {
      const made = nodeAs(at.node, 'CreateTableAsStmt')
      if (made?.objtype !== 'OBJECT_MATVIEW') return []
      return judgeMaterialized(script, relationName(made.into?.rel, at), at)
    }),
}

function judgeMaterialized(script: Script, name: string, at: Placed): Found[] {
  const readers = new Set(schemaOf(name) === 'public' ? ['anon', 'authenticated'] : [])
  for (const after of script.statements.filter(({ order }) => order > at.order)) {
    const access = accessOf(after)
    if (access?.kind !== 'OBJECT_TABLE' || !concerns(access, name)) continue
    for (const role of access.roles.filter((each) => ['public', 'anon', 'authenticated'].includes(each)))
      if (access.isGrant) readers.add(role)
      else readers.delete(role)
  }
  if (readers.size === 0) return []
  return [
    {
      at,
      objects: [name],
      reason: `It holds what its owner saw, has no row level security, and ${[...readers].join(' and ')} may read it.`,
    },
  ]
}
