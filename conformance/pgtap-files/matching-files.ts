import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The files below a folder that patterns name (`*`, `**`, `?`, `[ab]`), each once and in the order of the patterns. */
export function matchingFiles(folder: string, patterns: readonly string[]): string[] {
  const every = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  const found = patterns.flatMap((pattern) => {
    const wanted = asExpression(pattern.replace(/^\.\//, ''))
    return every.filter((name) => wanted.test(name))
  })
  return [...new Set(found)].map((name) => join(folder, name)).filter((path) => statSync(path).isFile())
}

const parts: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' }

function asExpression(pattern: string): RegExp {
  const source = pattern.replace(/\*\*\/|\*\*|\*|\?|\[[^\]/]+\]|[.+^${}()|\\[\]]/g, (part) => {
    if (part.length > 1 && part.startsWith('[')) return part.replace(/^\[!/, '[^')
    return parts[part] ?? `\\${part}`
  })
  return new RegExp(`^${source}$`)
}
