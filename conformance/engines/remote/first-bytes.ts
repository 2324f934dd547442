import { Socket } from 'node:net'

/** A socket that remembers how whoever is at its other end began to speak. */
export interface Attentive {
  readonly socket: Socket
  /** The first bytes that came, if any came. */
  heard(): Buffer | undefined
}

/** Makes one. It is not connected yet. */
export function attentiveSocket(): Attentive {
  const socket = new Socket()
  let first: Buffer | undefined
  socket.once('data', (bytes: Buffer) => {
    first = bytes
  })
  return { socket, heard: () => first }
}

/**
 * Whether a server of Postgres, or a pooler, would begin like this: with a letter for or against TLS when it was asked, else
 * with a message of authentication (R), an error (E), a notice (N) or another version of the protocol (v).
 */
export function isPostgres(bytes: Buffer, askedForTls: boolean): boolean {
  const letter = String.fromCharCode(bytes[0] ?? 0)
  if (askedForTls) return letter === 'E' || (bytes.length === 1 && ['S', 'N'].includes(letter))
  // After the letter comes the length of the message, which is small.
  return ['R', 'E', 'N', 'v'].includes(letter) && bytes.length >= 5 && bytes.readUInt32BE(1) < 65_536
}
