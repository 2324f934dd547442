/**
 * supabase/prices/costs.tsv — what calls of every kind cost under the current price list.
 *
 * Method: the database is asked for every line again, and the oracle for every call of a model. A price that changes is a
 * diff of that file: review it, and make it again with `npm run pricing:vectors`.
 */
import { readFileSync } from 'node:fs'
import { expect, test } from '../../harness/index.ts'
import { detailedCost } from '../../oracle/index.ts'
import { cardOf, readKnown, VECTORS_FILE, vectorsText, versionAt } from '../../pricing/index.ts'

const cure =
  'The costs have changed: run `npm run pricing:vectors`, and read the diff of supabase/prices/costs.tsv.'
const file = readFileSync(VECTORS_FILE, 'utf8')

test('every call costs what the file says', async ({ session }) => {
  expect(await vectorsText(session, await readKnown(session)), cure).toBe(file)
})

test('every call of a model costs what the oracle makes of its prices', async ({ session }) => {
  const known = await readKnown(session)
  const lines = file
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
  const calls = lines.filter(([of]) => !of?.startsWith('e2b '))
  const costs = calls.map(
    ([of, name, call, input = '', output = '', cached = '', five = '', hour = '', batch]) => {
      const version = versionAt(known, `${of}/${name}`, '9999-12-31T00:00:00Z')
      if (!version) throw new Error(`${of}/${name} has no price.`)
      const [inputs, outputs, reads, fives, hours] = [input, output, cached, five, hour].map(BigInt)
      const { total, estimated } = detailedCost(cardOf(version), {
        input: inputs ?? 0n,
        output: outputs ?? 0n,
        cached: reads ?? 0n,
        write5m: fives ?? 0n,
        write1h: hours ?? 0n,
        batch: batch === 'true',
      })
      return [of, name, call, total.toFixed(), estimated ? 'estimated' : '']
    },
  )
  expect(costs).toEqual(
    calls.map(([of, name, call, , , , , , , usd, estimated]) => [of, name, call, usd, estimated]),
  )
})

test('every model and tier is there, on both sides of its threshold', async ({ session }) => {
  const { versions } = await readKnown(session)
  const named = new Set(
    file
      .split('\n')
      .slice(1)
      .map((line) => line.split('\t').slice(0, 2).join('/')),
  )
  for (const [key, [version]] of versions)
    expect(named).toContain(version?.list === 'llm' ? key : `e2b ${version?.of}/${version?.name}`)
  const long = [...versions.values()].flat().filter(({ threshold }) => threshold !== undefined)
  expect(file.match(/\tat the threshold\t/g)).toHaveLength(long.length)
  expect(file.match(/\tbeyond the threshold\t/g)).toHaveLength(long.length)
})
