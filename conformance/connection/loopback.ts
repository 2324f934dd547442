import { BlockList, isIP } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/**
 * Whether what is sent to `host` stays on this machine: a Unix socket's folder, `localhost`, or an address of the loopback
 * network. Any other name may lead anywhere, whatever it looks like.
 */
export function isLoopback(host: string): boolean {
  if (host.startsWith('/') || host.toLowerCase() === 'localhost') return true
  const family = isIP(host)
  return family !== 0 && loopback.check(host, family === 6 ? 'ipv6' : 'ipv4')
}
