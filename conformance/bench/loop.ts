/** What people wait for while they work: commands of this checkout, and the same of another commit, in turns. */
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { git } from '../git/index.ts'
import { atExit, removeFolder, temporaryFolder } from '../temporary/index.ts'
import type { Say } from './median.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

type Typed = readonly string[]

/** The commands, each as it is typed. */
const COMMANDS: readonly Typed[] = [
  ['test', '--', 'titles'],
  ['test', '--', 'check-e2b-quota'],
  ['run', 'verify:phase1'],
]
/** Measured where somebody has the time: a minute a round and checkout. */
const WHOLE: Typed = ['test']

/** What is compared with what, and how often. */
export interface LoopOptions {
  /** The other commit. */
  readonly base: string
  readonly rounds: number
  /** Whether `npm test` itself is run, too. */
  readonly whole: boolean
}

/** What a command takes in both checkouts. */
export interface LoopFigure {
  readonly command: string
  /** Medians, in seconds. */
  readonly hereSeconds: number
  readonly baseSeconds: number
  /** Below 1: this checkout is quicker. */
  readonly ratio: number
}

/**
 * Runs each command in this checkout and in one of `base`, in turns, `rounds` times after one that does not count. The
 * checkout of `base` shares the packages of this one, and is taken away afterwards. Throws when a command fails.
 */
export async function loopCosts({ base, rounds, whole }: LoopOptions, say: Say): Promise<LoopFigure[]> {
  const folder = temporaryFolder('bench-loop-')
  const other = join(folder, 'base')
  const removeCheckout = () => void git(root, 'worktree', 'remove', '--force', other)
  const forget = atExit(removeCheckout)
  try {
    git(root, 'worktree', 'add', '--detach', other, base)
    sharePackages(join(root, 'node_modules'), join(other, 'node_modules'))
    const figures: LoopFigure[] = []
    for (const command of [...COMMANDS, ...(whole ? [WHOLE] : [])]) {
      const times: { here: number[]; base: number[] } = { here: [], base: [] }
      for (let round = 0; round <= rounds; round += 1) {
        say(`npm ${command.join(' ')}: ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`} …`)
        const here = await seconds(root, command)
        const there = await seconds(other, command)
        if (round === 0) continue
        times.here.push(here)
        times.base.push(there)
      }
      const [hereSeconds, baseSeconds] = [middle(times.here), middle(times.base)]
      figures.push({
        command: `npm ${command.join(' ')}`,
        hereSeconds,
        baseSeconds,
        ratio: hereSeconds / baseSeconds,
      })
    }
    return figures
  } finally {
    if (existsSync(other)) removeCheckout()
    forget()
    removeFolder(folder)
  }
}

/** Links every package; what is kept between runs is each checkout’s own, or one would undo the other’s. */
function sharePackages(from: string, to: string): void {
  mkdirSync(to)
  const kept = /^\.(cache|vite|vitest)/
  for (const name of readdirSync(from).filter((each) => !kept.test(each)))
    symlinkSync(join(from, name), join(to, name))
}

async function seconds(cwd: string, command: Typed): Promise<number> {
  const { $ } = await import('zx')
  const started = performance.now()
  const running = $({ cwd, quiet: true })`npm ${command}`
  // It is in a process group of its own, which no Ctrl-C reaches, and would write into a checkout that is being removed.
  const forget = atExit(() => running.pid && process.kill(-running.pid, 'SIGKILL'))
  try {
    await running
  } finally {
    forget()
  }
  return (performance.now() - started) / 1000
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** A line a command. */
export function loopTable(figures: readonly LoopFigure[], base: string): string {
  const line = ({ command, hereSeconds, baseSeconds, ratio }: LoopFigure) =>
    `${hereSeconds.toFixed(1).padStart(7)} s ${baseSeconds.toFixed(1).padStart(7)} s ${ratio.toFixed(2).padStart(6)}  ${command}\n`
  return `${'here'.padStart(9)} ${base.slice(0, 9).padStart(9)}  ratio\n${figures.map(line).join('')}`
}
