/**
 * A Vitest runner that stays: it is started with a file without tests, and then runs spec files as it is asked, again and again,
 * with all modules loaded. A run of a few claims so costs what these claims cost, and not the seconds of a start.
 */
import { createRequire } from 'node:module'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { TestRunner } from 'vitest'
import { PLANTED_FOLDER, Planting } from '../../engines/index.ts'
import { Answer, ENGINE, type Recorded, Request, SOCKET, type Tried } from './messages.ts'
import { Recorder } from './recorder.ts'

/** How long it may take to end in order, in milliseconds. */
const GRACE_MS = 4000

const specs = fileURLToPath(new URL('../../specs/', import.meta.url))

type Config = ConstructorParameters<typeof TestRunner>[0]
interface Task {
  readonly type: string
  readonly name: string
  readonly tasks?: Task[]
  readonly suite?: Task
  readonly filepath?: string
  mode: string
  timeout?: number
  readonly result?: {
    readonly state?: string
    readonly duration?: number
    readonly errors?: readonly { readonly message?: string }[]
  }
}
interface Vitest {
  startTests(files: readonly string[], runner: unknown): Promise<Task[]>
}

/** What Vitest keeps in a runner for itself. */
interface Inside {
  readonly workerState: {
    readonly evaluatedModules: {
      readonly fileToModulesMap: ReadonlyMap<string, Iterable<object>>
      invalidateModule(module: object): void
    }
  }
}

/** A property that the declarations of Vitest hide. */
function of<T>(runner: TestRunner, name: string): T {
  return Reflect.get(runner, name) as T
}

/** What a run of one file is told, and what it tells. */
interface Run {
  readonly names?: ReadonlySet<string>
  readonly patienceMs?: number
  begins?(): void
  ends?(test: Task): void
  readonly isOver?: () => boolean
}

const fullName = (test: Task): string => {
  const names: string[] = []
  for (let task: Task | undefined = test; task; task = task.suite) names.unshift(task.name)
  return names.join(' > ')
}

/** Runs the claims of one file. */
class FileRunner extends TestRunner {
  run: Run = {}
  override async onAfterRunSuite(): Promise<void> {}
  override onAfterRunFiles(): void {}
  onCollected(files: Task[]): void {
    const { names, patienceMs } = this.run
    for (const file of files) choose(file, names, patienceMs)
  }
  override async onBeforeRunTask(test: never): Promise<void> {
    if (this.run.isOver?.()) (test as Task).mode = 'skip'
    else if ((test as Task).mode === 'run' || (test as Task).mode === 'queued') this.run.begins?.()
    await super.onBeforeRunTask(test)
  }
  override onAfterRunTask(test: never): void {
    this.run.ends?.(test as Task)
    super.onAfterRunTask(test)
  }
}

/** Leaves out what was not asked for. Answers whether anything is left. */
function choose(task: Task, names: ReadonlySet<string> | undefined, patienceMs: number | undefined): boolean {
  if (task.type === 'test') {
    if (names && !names.has(fullName(task))) task.mode = 'skip'
    else if (patienceMs !== undefined) task.timeout = patienceMs
    return task.mode === 'run' || task.mode === 'queued'
  }
  const left = (task.tasks ?? []).map((one) => choose(one, names, patienceMs)).some(Boolean)
  if (!left) task.mode = 'skip'
  return left
}

export default class WarmRunner extends TestRunner {
  readonly #config: Config
  readonly #recorder = new Recorder()
  #vitest: Vitest | undefined
  #template: string | undefined

  constructor(config: Config) {
    super(config)
    this.#config = config
  }

  async onBeforeRunFiles(): Promise<void> {
    // Not before there is a file to collect for: it makes the fixtures of the specs.
    const { WATCHER } = await import('../../harness/index.ts')
    Object.assign(globalThis, { [WATCHER]: this.#recorder })
    const runner = createRequire(createRequire(import.meta.url).resolve('vitest/package.json')).resolve(
      '@vitest/runner',
    )
    this.#vitest = (await import(pathToFileURL(runner).href)) as Vitest
    const socket = connect(process.env[SOCKET] ?? '')
    // Whoever asks has gone: nothing that still runs is of use.
    socket.once('close', () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), GRACE_MS).unref())
    const planting = await Planting.on(JSON.parse(process.env[ENGINE] ?? '{}').ticket)
    try {
      tell(socket, { is: 'ready' })
      for await (const line of createInterface(socket)) {
        const answer = await this.#do(Request.parse(JSON.parse(line)), planting).catch(broken)
        tell(socket, answer)
      }
    } finally {
      await this.#recorder.renew()
      await planting.close()
    }
  }

  async #do(request: Request, planting: Planting): Promise<Answer> {
    if (request.do === 'plant') await this.#plant(request, planting)
    if (request.do === 'uproot') await this.#uproot(planting)
    if (request.do === 'plant' || request.do === 'uproot') return { is: 'done' }
    if (request.do === 'record') return { is: 'recorded', claims: await this.#record(request.file) }
    return { is: 'tried', tried: await this.#try(request, planting) }
  }

  async #plant(
    request: { folder: string; scripts: readonly string[]; after?: number | undefined },
    planting: Planting,
  ): Promise<void> {
    // What claims share was made of other migrations, even where nothing was planted before.
    await this.#recorder.renew()
    process.env[PLANTED_FOLDER] = request.folder
    const { scripts, after } = request
    this.#template = await planting.plant({ scripts, ...(after === undefined ? {} : { after }) })
  }

  async #uproot(planting: Planting): Promise<void> {
    delete process.env[PLANTED_FOLDER]
    await this.#recorder.renew()
    await planting.sweep()
    if (this.#template !== undefined) await planting.uproot(this.#template)
    this.#template = undefined
  }

  async #record(file: string): Promise<Recorded[]> {
    const recorder = this.#recorder
    const claims: Recorded[] = []
    recorder.records = true
    await this.#run(file, {
      begins: () => recorder.clear(),
      ends: (test) => {
        const { state = test.mode, duration = 0 } = test.result ?? {}
        claims.push({
          file,
          name: fullName(test),
          ms: duration,
          state,
          ran: [...recorder.ran],
          words: [...recorder.words],
          steps: [...recorder.steps],
        })
      },
    })
    recorder.records = false
    return claims
  }

  async #try(request: Extract<Request, { do: 'try' }>, planting: Planting): Promise<Tried> {
    const from = performance.now()
    const since = () => Math.round(performance.now() - from)
    let looked = 0
    let tried: Tried | undefined
    try {
      await this.#plant(request, planting)
      for (const { file, names } of request.claims) {
        if (tried) break
        let watchdog: NodeJS.Timeout | undefined
        await this.#run(file, {
          names: new Set(names),
          patienceMs: request.patienceMs,
          isOver: () => tried !== undefined,
          begins: () => {
            looked += 1
            clearTimeout(watchdog)
            watchdog = setTimeout(() => planting.interrupt().catch(() => {}), request.patienceMs)
          },
          ends: (test) => {
            clearTimeout(watchdog)
            if (test.result?.state === 'fail')
              tried ??= {
                outcome: 'noticed',
                by: { file, name: fullName(test) },
                said: test.result.errors?.[0]?.message ?? '',
                looked,
                ms: since(),
              }
          },
        })
        clearTimeout(watchdog)
      }
    } catch (error) {
      if (this.#template !== undefined) throw error
      tried = {
        outcome: 'refused',
        said: error instanceof Error ? error.message : String(error),
        looked,
        ms: since(),
      }
    } finally {
      await this.#uproot(planting)
    }
    return { ...(tried ?? { outcome: 'survived', looked }), ms: since() }
  }

  async #run(file: string, run: Run): Promise<void> {
    const path = specs + file
    const modules = of<Inside['workerState']>(this, 'workerState').evaluatedModules
    for (const module of modules.fileToModulesMap.get(path) ?? []) modules.invalidateModule(module)
    const runner = new FileRunner(this.#config)
    runner.run = run
    Object.defineProperty(runner, 'moduleRunner', { value: of(this, 'moduleRunner') })
    runner.__setTraces(of<Parameters<typeof runner.__setTraces>[0]>(this, '_otel'))
    const files = await this.#vitest?.startTests([path], runner)
    // A file that cannot even be loaded, or whose hooks fail, has noticed something.
    for (const one of files ?? [])
      if (one.result?.state === 'fail' && (one.result.errors?.length ?? 0) > 0) run.ends?.(one)
  }
}

function tell(socket: Socket, answer: Answer): void {
  socket.write(`${JSON.stringify(Answer.parse(answer))}\n`)
}

function broken(error: unknown): Answer {
  return { is: 'broken', said: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}
