import type { Reporter, TestModule } from 'vitest/node'

/** How the tests of one engine ended. */
interface Line {
  kept: number
  broken: number
  readonly reasons: Map<string, number>
}

/**
 * The matrix in short: a line per engine with how many claims were kept and broken there, and below it why the others were
 * not tried: *not applicable* makes no sense there, *not run* was left out. What was not started at all is said at the start.
 */
export default class MatrixReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = new Map<string, Line>()
    for (const module of modules) {
      const line = lines.get(module.project.name) ?? {
        kept: 0,
        broken: 0,
        reasons: new Map<string, number>(),
      }
      lines.set(module.project.name, line)
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed') line.kept += 1
        else if (result.state === 'failed') line.broken += 1
        else for (const reason of reasonsOf(test.name, result)) count(line.reasons, reason)
      }
    }
    process.stdout.write(`\n${[...lines].map(([engine, line]) => text(engine, line)).join('')}`)
  }
}

function count(counts: Map<string, number>, reason: string): void {
  counts.set(reason, (counts.get(reason) ?? 0) + 1)
}

/** Why a test was skipped: said when it was, or in its title. One that does not say why was filtered out by its title. */
function reasonsOf(title: string, result: object): string[] {
  if ('note' in result && typeof result.note === 'string') return [result.note]
  const [, reasons] = /\[((?:not applicable|not run): [^\]]+)\]$/.exec(title) ?? []
  return [reasons ?? 'not run: not selected']
}

function text(engine: string, { kept, broken, reasons }: Line): string {
  const skipped = [...reasons].map(([reason, times]) => `${' '.repeat(22)}${times} ${reason}\n`)
  return `${engine.padEnd(20)} ${kept} kept, ${broken} broken\n${skipped.join('')}`
}
