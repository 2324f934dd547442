/**
 * The examples in the documentation of the vocabulary, as a spec: what a reader copies has been compiled and run.
 */
import { readdirSync, readFileSync } from 'node:fs'

const vocabulary = new URL('../', import.meta.url)

/** The spec that is generated. */
export const examplesSpecFile = new URL('../../specs/pgtap/examples.long.spec.ts', import.meta.url)

/** The example of one claim. */
interface Example {
  readonly name: string
  readonly code: string
}

/** The text of the spec, from the sources as they are. Throws when a claim has no example, or more than one. */
export function examplesSpec(): string {
  const files = readdirSync(vocabulary)
    .filter((file) => file.endsWith('.ts'))
    .sort()
  const tests = files.flatMap((file) => examplesOf(readFileSync(new URL(file, vocabulary), 'utf8'), file))
  const code = tests.map(({ code }) => code).join('\n')
  const imported = (from: string, ...names: string[]) => {
    const used = names.filter((name) => name === 'test' || new RegExp(`\\b${name}\\b`).test(code))
    return used.length === 0 ? [] : [`import { ${used.join(', ')} } from '${from}'`]
  }
  return [
    '/** The example of each claim, as its documentation has it. Written by `npm run examples`. */',
    ...imported('../../../fixtures/people.ts', 'owner'),
    ...imported('../../harness/index.ts', 'expect', 'test'),
    ...imported('../../pgtap/index.ts', 'callPgtap', 'typed'),
    '',
    ...tests.map(asTest),
  ].join('\n')
}

/** The examples of a file. A claim is an exported function whose documentation begins with a name of pgTAP's, or has an example. */
function examplesOf(source: string, file: string): Example[] {
  const documented = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport (?:const|(?:async )?function) (\w+)/g
  return [...source.matchAll(documented)].flatMap(([, comment = '', name = '']) => {
    const lines = comment.split('\n').map((line) => line.replace(/^ \* ?/, ''))
    const at = lines.flatMap((line, i) => (line.trim() === '@example' ? [i] : []))
    const isClaim = /^`[a-z_]+`: /.test(lines.slice(1).join('\n').trimStart())
    if (at.length === 0 && !isClaim) return []
    const [start] = at
    if (at.length !== 1 || start === undefined) throw new Error(`${file}: ${name} should have one @example.`)
    return [
      {
        name,
        code: lines
          .slice(start + 1)
          .join('\n')
          .trim(),
      },
    ]
  })
}

/** A test in which the example speaks of the zoo. */
function asTest({ name, code }: Example): string {
  const fixtures = [
    ...(/\bas\(/.test(code) ? ['asAtZoo: as'] : []),
    ...(/\btap\./.test(code) ? ['tapAtZoo: tap'] : []),
    ...(/\bsession\b/.test(code) ? ['zoo: session'] : []),
  ]
  const body = code.replaceAll(/^/gm, '  ')
  return `test('${name}', async ({ ${fixtures.join(', ')} }) => {\n${body}\n})\n`
}
