/** What keeps secrets out of whatever a process prints. */
import { type Redaction, redactionOf } from '../conformance/connection/index.ts'

/** Cleans whatever this process prints of the secrets it was started with, and of those that the answer learns. */
export function cleanOutput(): Redaction {
  const secrets = redactionOf(process.argv, process.env)
  for (const stream of [process.stdout, process.stderr]) keepClean(stream, secrets)
  return secrets
}

/**
 * Puts `secrets` between everything that writes to a stream and the stream. A reader that has enough, such as `head`, is no
 * error: the work is done to its end, so that what was started is stopped and the exit status is right.
 */
function keepClean(stream: NodeJS.WriteStream, secrets: Redaction): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  const write = stream.write.bind(stream)
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) =>
    Reflect.apply(write, stream, [typeof chunk === 'string' ? secrets.clean(chunk) : chunk, ...rest])
}
