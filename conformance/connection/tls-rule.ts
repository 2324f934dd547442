import type { SslMode, Target, Tls } from './connection.ts'
import { isLoopback } from './loopback.ts'

/** What somebody has said about protection, besides the source of the connection. */
export interface Protection {
  /** PEM texts of the authorities to trust instead of the usual ones. */
  readonly authorities?: readonly string[]
  /** Encrypt, but do not check with whom. */
  readonly insecureTls?: boolean
  /** Do not encrypt. */
  readonly plaintext?: boolean
}

/** Modes that put up with less than a verified server, but do not forbid one. */
const PUT_UP_WITH_LESS: readonly (SslMode | undefined)[] = [undefined, 'allow', 'prefer']

/**
 * How a connection is protected. Off this machine the server has to prove its name, whatever mode a source asks for; less is
 * had by a flag alone, never by a URL that somebody was sent. Throws an error of one sentence when the two contradict.
 */
export function tlsOf(
  { host, sslmode, source }: Pick<Target, 'host' | 'sslmode' | 'source'>,
  { authorities, insecureTls = false, plaintext = false }: Protection,
  usual: readonly string[],
): Tls {
  const verified: Tls = { kind: 'verified', authorities: authorities ?? usual }
  if (plaintext) {
    if (sslmode !== 'disable' && !PUT_UP_WITH_LESS.includes(sslmode))
      throw new Error(`--plaintext contradicts sslmode=${sslmode} of ${source}: take one of them out.`)
    return { kind: 'plain' }
  }
  if (insecureTls) {
    if (sslmode === 'verify-ca' || sslmode === 'verify-full' || sslmode === 'disable')
      throw new Error(`--insecure-tls contradicts sslmode=${sslmode} of ${source}: take one of them out.`)
    return { kind: 'unverified' }
  }
  if (isLoopback(host)) {
    const nothingAsked = sslmode === 'disable' || PUT_UP_WITH_LESS.includes(sslmode)
    if (nothingAsked && !authorities) return { kind: 'plain' }
    return sslmode === 'no-verify' ? { kind: 'unverified' } : verified
  }
  if (sslmode === 'disable')
    throw new Error(
      `sslmode=disable of ${source} would send the password unprotected over the network: take it out, or add --plaintext if you mean it.`,
    )
  if (sslmode === 'no-verify')
    throw new Error(
      `sslmode=no-verify of ${source} would hand the password to whoever answers: give the authority with --ca FILE, or add --insecure-tls if you mean it.`,
    )
  return verified
}
