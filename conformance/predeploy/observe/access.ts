/** Who may do what afterwards that they might not before, and what is too open whatever was before. */
import type { Section } from '../../report/index.ts'
import type { Trouble } from '../step.ts'
import type { Policy, Snapshot } from './snapshot.ts'

const FEW = 5
/** Roles of requests that anybody on the internet can send. */
const OPEN = /^(anon|authenticated|public) /

/** What a change of access comes to: sentences that are new, and sentences that are gone. */
export function accessChanges(before: Snapshot, after: Snapshot): { now: string[]; noLonger: string[] } {
  return {
    now: [...after.access].filter((each) => !before.access.has(each)).sort(),
    noLonger: [...before.access].filter((each) => !after.access.has(each)).sort(),
  }
}

/** What the changes come to in words, for a table: a line for each role and privilege. */
export function accessSection(before: Snapshot, after: Snapshot): Section | undefined {
  const { now, noLonger } = accessChanges(before, after)
  const rows = [
    ...gathered(now, (who) => who.replace(' may ', ' may now ')),
    ...gathered(noLonger, (who) => who.replace(' may ', ' may no longer ').replace(' is ', ' is no longer ')),
  ]
  if (rows.length === 0) return undefined
  return {
    title: 'Who may do what, before and after',
    columns: [{ name: 'change' }, { name: 'objects', isNumber: true }, { name: 'which' }],
    rows,
  }
}

function gathered(sentences: readonly string[], words: (who: string) => string): string[][] {
  const groups = new Map<string, string[]>()
  for (const sentence of sentences) {
    const [, who = sentence, what = ''] = /^(.+ may \w+) (.+)$/.exec(sentence) ?? []
    groups.set(who, [...(groups.get(who) ?? []), what.replace(/^on /, '')])
  }
  return [...groups].map(([who, what]) => [words(who), `${what.length}`, listed(who, what)])
}

/** What the platform's own role may do is told in part: it goes past row level security anyway. */
function listed(who: string, what: readonly string[]): string {
  const shown = who.startsWith('service_role ') ? what.slice(0, FEW) : what
  return [
    shown.join(', '),
    ...(shown.length < what.length ? [`and ${what.length - shown.length} more`] : []),
  ].join(' ')
}

/** What is too open afterwards and was not before. */
export function accessTroubles(before: Snapshot, after: Snapshot): Trouble[] {
  const { now } = accessChanges(before, after)
  return [
    ...now.flatMap((sentence) => tooOpen(sentence, after)),
    ...newlyOpen(now, before),
    ...withoutRowSecurity(before, after),
    ...viewsOfOwners(before, after),
    ...definers(before, after),
    ...widened(before, after),
  ]
}

/** What anybody may do now with what was there before: no mistake as such, and yet to be seen by whoever deploys. */
function newlyOpen(now: readonly string[], before: Snapshot): Trouble[] {
  return now.flatMap((sentence) => {
    const [, role, privilege, name] = /^(anon|public) may (\w+) on (\S+)$/.exec(sentence) ?? []
    const relation = before.relations.find((each) => each.name === name)
    if (!relation || privilege === 'truncate') return []
    return [
      {
        objects: [`${'rp'.includes(relation.kind) ? 'table' : 'view'} ${name}`],
        reason: `It was there before, and ${role} may now ${privilege} on it.`,
        severity: 'warning' as const,
      },
    ]
  })
}

function tooOpen(sentence: string, after: Snapshot): Trouble[] {
  const attribute = /^(.+?) (is a superuser|bypasses row level security)$/.exec(sentence)
  if (attribute)
    return [
      {
        objects: [`role ${attribute[1]}`],
        reason: `It now ${attribute[2]}: no policy holds for it.`,
        hint: 'Take the attribute away; give it the privileges it needs.',
      },
    ]
  if (!OPEN.test(sentence)) return []
  const [, role = '', privilege = '', what = ''] =
    /^(\S+) may (.+?) (on .+|later .+|schema .+|\S+\(.*\))$/.exec(sentence) ?? []
  if (privilege === 'truncate' && what.startsWith('on ')) {
    // No view can be truncated.
    const table = after.relations.find(({ name, kind }) => `on ${name}` === what && 'rp'.includes(kind))
    if (!table) return []
    return [
      {
        objects: [what.replace(/^on /, 'table ')],
        reason: `${role} may truncate it: row level security does not hold for TRUNCATE.`,
        hint: `Revoke it: \`revoke truncate ${what} from ${role}\`. The platform grants it by default on every table of public.`,
      },
    ]
  }
  if (what.startsWith('later ') && role !== 'authenticated')
    return [
      {
        objects: [what],
        reason: `${role} may ${privilege} them as soon as they are created.`,
        hint: 'Take the default privilege away; grant on each object.',
      },
    ]
  if (what.startsWith('schema ') && privilege === 'create')
    return [{ objects: [what], reason: `${role} may create objects in it.`, hint: 'Revoke it.' }]
  return []
}

/** Whether somebody from the internet may do anything with a relation. */
function isOpen({ access }: Snapshot, relation: string): boolean {
  return [...access].some(
    (each) =>
      OPEN.test(each) && (each.endsWith(` on ${relation}`) || each.includes(` on column ${relation}.`)),
  )
}

function withoutRowSecurity(before: Snapshot, after: Snapshot): Trouble[] {
  const was = (name: string) =>
    before.relations.some((each) => each.name === name && !each.hasRowSecurity) && isOpen(before, name)
  return after.relations
    .filter(({ kind, hasRowSecurity, name }) => 'rp'.includes(kind) && !hasRowSecurity && !was(name))
    .filter(({ name }) => isOpen(after, name))
    .map(({ name }) => ({
      objects: [`table ${name}`],
      reason: 'anon or authenticated have privileges on it, and no row level security holds for them.',
      hint: `\`alter table ${name} enable row level security\`, and policies.`,
    }))
}

function viewsOfOwners(before: Snapshot, after: Snapshot): Trouble[] {
  const was = (name: string) =>
    before.relations.some((each) => each.name === name && !each.isInvoker) && isOpen(before, name)
  return after.relations
    .filter(({ kind, isInvoker, name }) => kind === 'v' && !isInvoker && !was(name) && isOpen(after, name))
    .map(({ name }) => ({
      objects: [`view ${name}`],
      reason: 'It reads with the rights of its owner, past the policies of the tables below.',
      hint: `\`alter view ${name} set (security_invoker = true)\`; \`create or replace view\` loses it unless it is said again.`,
    }))
}

function definers(before: Snapshot, after: Snapshot): Trouble[] {
  return after.routines.flatMap(({ signature, isDefiner, isTrigger, pinsSearchPath }) => {
    const former = before.routines.find((each) => each.signature === signature)
    if (!isDefiner) return []
    const callers = ['anon', 'public'].filter((role) => after.access.has(`${role} may execute ${signature}`))
    const called =
      former?.isDefiner &&
      !former.isTrigger &&
      callers.every((role) => before.access.has(`${role} may execute ${signature}`))
    return [
      // Whatever is granted, nobody can call what a trigger runs.
      ...(callers.length > 0 && !called && !isTrigger
        ? [
            {
              objects: [`function ${signature}`],
              reason: `It runs with the rights of its owner, and ${callers.join(' and ')} may call it.`,
              hint: `\`revoke execute on function ${signature} from public, anon\`, or make it security invoker.`,
            },
          ]
        : []),
      ...(pinsSearchPath || (former?.isDefiner && !former.pinsSearchPath)
        ? []
        : [
            {
              objects: [`function ${signature}`],
              reason: 'It runs with the rights of its owner, and finds what its caller’s search_path finds.',
              hint: `\`alter function ${signature} set search_path = ''\`.`,
            },
          ]),
    ]
  })
}

/** Policies that let pass more than they did. */
function widened(before: Snapshot, after: Snapshot): Trouble[] {
  const opens = (text: string) => text === 'true'
  return after.policies.flatMap((policy) => {
    const former = before.policies.find(({ name }) => name === policy.name)
    const others = before.policies.filter(({ table }) => table === policy.table)
    if (!policy.isPermissive || (!former && others.length === 0)) return []
    const tables = before.relations.some(({ name }) => name === policy.table)
    if (!tables) return []
    const changes = [
      ...(former && roleAdded(former, policy) ? [`it now holds for ${policy.roles.join(', ')}`] : []),
      ...(opens(policy.using) && !opens(former?.using ?? '') && !alreadyOpen(others, policy, 'using')
        ? ['every row now passes its USING']
        : []),
      ...(opens(policy.check) && !opens(former?.check ?? '') && !alreadyOpen(others, policy, 'check')
        ? ['every row now passes its WITH CHECK']
        : []),
    ]
    return changes.length === 0
      ? []
      : [
          {
            objects: [`policy ${policy.name}`],
            reason: `Of a table that was there before, ${changes.join(', ')}: permissive policies add up.`,
            ...(former ? { have: policy.using || policy.check, want: former.using || former.check } : {}),
            hint: 'If that is meant, say so with an exception in the file.',
          },
        ]
  })
}

function roleAdded(former: Policy, now: Policy): boolean {
  const wide = (roles: readonly string[]) => roles.includes('public') || roles.includes('anon')
  return wide(now.roles) && !wide(former.roles)
}

function alreadyOpen(others: readonly Policy[], policy: Policy, part: 'using' | 'check'): boolean {
  return others.some(
    (each) => each[part] === 'true' && each.isPermissive && ['ALL', policy.command].includes(each.command),
  )
}
