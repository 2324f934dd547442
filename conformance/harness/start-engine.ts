/**
 * A runner for the specs of engines: starts the engine named by its first argument, prints the engine's ticket in a line,
 * and then does what the second says: `wait` to be ended, or `throw`.
 */
import { engineNamed } from '../engines/index.ts'

const [name = '', task = 'wait'] = process.argv.slice(2)
const engine = await engineNamed(name).start()
process.stdout.write(`${engine.ticket}\n`)

if (task === 'throw') throw new Error('A runner that fails.')
setInterval(() => {}, 60_000)
