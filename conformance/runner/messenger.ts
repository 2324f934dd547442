import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import type { Reporter, SerializedError, TestCase, TestModule, TestSpecification } from 'vitest/node'
import type { RanError, RanFile, RanTest, RunMessage } from './run-message.ts'
import { specFolder } from './spec-files.ts'

const specs = fileURLToPath(specFolder)
/** An error can be its own cause. */
const MOST_CAUSES = 4

/** Tells what happens in a run, step by step. The run ends when its last message has been taken. */
export class Messenger implements Reporter {
  readonly #tell: (message: RunMessage) => unknown

  constructor(tell: (message: RunMessage) => unknown) {
    this.#tell = tell
  }

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    this.#tell({ kind: 'started', files: specifications.length })
  }

  onTestCaseResult(test: TestCase): void {
    if (test.result().state === 'failed') this.#fail(test.module, test.fullName)
  }

  onTestModuleEnd(module: TestModule): void {
    if (module.errors().length > 0) this.#fail(module, 'the file can be loaded and its hooks run')
    this.#tell({ kind: 'file-done' })
  }

  async onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): Promise<void> {
    const strays = errors.map((error) => errorOf(error))
    await this.#tell({ kind: 'ended', files: modules.map(fileOf), strays })
  }

  #fail(module: TestModule, title: string): void {
    this.#tell({ kind: 'failed', failure: { ...whereOf(module), title } })
  }
}

function whereOf({ project, moduleId }: TestModule) {
  return { project: project.name, file: relative(specs, moduleId) }
}

function fileOf(module: TestModule): RanFile {
  const { collectDuration, setupDuration, duration } = module.diagnostic()
  return {
    ...whereOf(module),
    ok: module.ok(),
    errors: module.errors().map((error) => errorOf(error)),
    ms: collectDuration + setupDuration + duration,
    tests: [...module.children.allTests()].map(testOf),
  }
}

function testOf(test: TestCase): RanTest {
  const result = test.result()
  return {
    title: test.fullName,
    state: result.state,
    ...(result.state === 'skipped' && result.note !== undefined ? { note: result.note } : {}),
    errors: (result.errors ?? []).map((error) => errorOf(error)),
    meta: test.meta(),
  }
}

/** Errors of a worker arrive as plain objects; anything may be thrown. */
function errorOf(thrown: unknown, depth = 1): RanError {
  const isObject = typeof thrown === 'object' && thrown !== null && 'message' in thrown
  if (!isObject) return { message: inspect(thrown) } // not `${thrown}`: an object without a prototype has no text
  const told: { readonly [Field in keyof RanError]: unknown } = thrown
  const cause = told.cause === undefined || depth === MOST_CAUSES ? undefined : errorOf(told.cause, depth + 1)
  const stacks = Array.isArray(told.stacks) ? told.stacks : []
  return {
    ...texts(told, ['name', 'about', 'actual', 'expected']),
    message: String(told.message),
    ...(told.evidence === undefined ? {} : { evidence: told.evidence }),
    ...(stacks.length === 0 ? {} : { stacks: stacks.map(({ file, line }) => ({ file, line })) }),
    ...(cause === undefined ? {} : { cause }),
  }
}

/** The fields that are texts. */
function texts<Field extends string>(
  told: { readonly [Each in Field]?: unknown },
  fields: readonly Field[],
): { [Each in Field]?: string } {
  return Object.fromEntries(
    fields.flatMap((field) => (typeof told[field] === 'string' ? [[field, told[field]]] : [])),
  ) as {
    [Each in Field]?: string
  }
}
