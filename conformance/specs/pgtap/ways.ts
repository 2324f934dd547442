/** The ways in which pgTAP can be asked the same: with a schema or without, with a description or without. */
import { type Call, call, name, text } from './call.ts'

/** All of them. `undescribed` is false where pgTAP demands a description with the schema. */
export function allWays(
  claim: string,
  schema: string,
  args: Call['args'],
  { undescribed = true }: { readonly undescribed?: boolean } = {},
): Call[] {
  return [
    call(claim, name(schema), ...args, text('a description')),
    ...(undescribed ? [call(claim, name(schema), ...args)] : []),
    call(claim, ...args, text('a description')),
    call(claim, ...args),
  ]
}

/** The first thing in every way; of the others one each, in turn. */
export function inTurn<Thing>(
  things: readonly Thing[],
  ways: (thing: Thing) => readonly Call[],
): readonly Call[] {
  return things.flatMap((thing, i) => {
    const calls = ways(thing)
    const one = calls[i % calls.length]
    return i === 0 || !one ? calls : [one]
  })
}
