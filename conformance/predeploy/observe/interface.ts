/** What programs of the former release call and read, and would not find afterwards. */
import type { Trouble } from '../step.ts'
import type { Snapshot } from './snapshot.ts'

const HINT =
  'Keep the former beside it until no program asks for it any more, and take it away in a later migration.'

/** One trouble for each relation, column or function that was there and is gone, or answers something else. */
export function interfaceTroubles(before: Snapshot, after: Snapshot): Trouble[] {
  const relations = before.relations.filter(({ kind }) => 'rpvm'.includes(kind))
  const gone = relations.filter(({ name }) => !after.relations.some((each) => each.name === name))
  const columns = before.columns.filter(({ relation }) => !gone.some(({ name }) => name === relation))
  return [
    ...gone.map(({ name, kind }) => ({
      objects: [`${'rp'.includes(kind) ? 'table' : 'view'} ${name}`],
      reason: 'It is gone, or has another name: programs of the former release read it.',
      hint: HINT,
    })),
    ...columns.flatMap((column) => {
      const now = after.columns.find(
        ({ relation, name }) => relation === column.relation && name === column.name,
      )
      if (now && now.type === column.type) return []
      const object = `column ${column.relation}.${column.name}`
      if (!now)
        return [
          {
            objects: [object],
            reason: 'It is gone, or has another name: programs of the former release read it.',
            hint: HINT,
          },
        ]
      return [
        {
          objects: [object],
          severity: 'warning' as const,
          reason: `Its type was ${column.type} and is ${now.type}: programs of the former release may not read it.`,
          hint: HINT,
        },
      ]
    }),
    ...before.routines.flatMap((routine) => {
      const now = after.routines.find(({ signature }) => signature === routine.signature)
      const objects = [`function ${routine.signature}`]
      if (!now)
        return [
          {
            objects,
            reason: 'It is gone, or takes other arguments: programs of the former release call it.',
            hint: HINT,
          },
        ]
      if (now.interface === routine.interface) return []
      return [
        {
          objects,
          reason: `Its arguments’ names or its answer have changed: programs of the former release call it by them.`,
          have: now.interface,
          want: routine.interface,
          hint: HINT,
        },
      ]
    }),
    ...required(before, after),
  ]
}

/** New columns that have to be given, which the former release does not give. */
function required(before: Snapshot, after: Snapshot): Trouble[] {
  return after.columns.flatMap(({ relation, name, isRequired, hasDefault }) => {
    const isOld = before.relations.some((each) => each.name === relation && 'rp'.includes(each.kind))
    const former = before.columns.find((each) => each.relation === relation && each.name === name)
    if (!isOld || !isRequired || hasDefault || former) return []
    return [
      {
        objects: [`column ${relation}.${name}`],
        reason: 'It is new, required, and has no default: inserts of the former release fail.',
        hint: 'Give it a default, or require it in a later migration.',
      },
    ]
  })
}
