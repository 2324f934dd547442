import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Runs as a process of its own: removes a container when standard input ends. Arguments: the container's id. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [id = ''] = process.argv.slice(2)
  for await (const _ of process.stdin);
  const { getContainerRuntimeClient } = await import('testcontainers')
  const { container } = await getContainerRuntimeClient()
  await container.getById(id).remove({ force: true, v: true })
}

/**
 * Sees to it that a container goes when this process ends, in whatever way: Testcontainers leaves that to an image of its
 * own, which is not everywhere to be had.
 */
export function keepContainer(id: string): { dismiss(): void } {
  const file = fileURLToPath(import.meta.url)
  const child = spawn(process.execPath, ['--import', 'tsx', file, id], {
    detached: true, // so that Ctrl-C in the terminal does not end it before us
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.unref()
  child.stdin.on('error', () => {})
  return { dismiss: () => child.kill('SIGKILL') }
}
