import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { rootCertificates } from 'node:tls'

const supabaseFile = new URL('./supabase-ca.pem', import.meta.url)
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/**
 * The authorities of Supabase's own servers, which are in no list of public ones: what a project's dashboard offers as
 * `prod-ca-2021.crt`, and its successor, as the Supabase CLI has them.
 */
export function supabaseAuthorities(): string[] {
  return readFileSync(supabaseFile, 'utf8').match(CERTIFICATE) ?? []
}

/** Who is trusted to vouch for `host` when nothing else is said. */
export function usualAuthorities(host: string): readonly string[] {
  return /\.supabase\.(co|com)$/i.test(host)
    ? [...rootCertificates, ...supabaseAuthorities()]
    : rootCertificates
}

/** The certificates of a PEM file; `system` stands for the public ones. `option` is how it was given. Throws when there are none. */
export function authoritiesIn(file: string, option: string): readonly string[] {
  if (file === 'system') return rootCertificates
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw new Error(`The file of ${option} cannot be read: ${file}.`)
  }
  const found = text.match(CERTIFICATE) ?? []
  if (found.length === 0 || !found.every(isCertificate))
    throw new Error(
      `The file of ${option} holds no certificates: expected PEM, with a line "-----BEGIN CERTIFICATE-----".`,
    )
  return found
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}
