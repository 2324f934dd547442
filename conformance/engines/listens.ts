import { connect } from 'node:net'

/** Whether somebody accepts connections there, within this time. */
export function listens(host: string, port: number, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host)
    const answer = (does: boolean) => {
      socket.destroy()
      resolve(does)
    }
    socket.once('connect', () => answer(true)).once('error', () => answer(false))
    socket.setTimeout(withinMs, () => answer(false))
  })
}
