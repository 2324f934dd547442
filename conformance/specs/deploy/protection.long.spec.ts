/**
 * The CLI’s own connection is protected as that of the deploy is: over TLS, with a server that has proved its name.
 *
 * Method: a server with a certificate that was made a moment ago. The deploy is given its authority, then another one.
 */
import { authority, certificateFor } from '../../../fixtures/certificates.ts'
import type { Connection } from '../../connection/index.ts'
import { connectRemote, type RunningEngine } from '../../engines/index.ts'
import { afterAll, beforeAll, expect, referenceServer, test } from '../../harness/index.ts'
import { runCli } from '../../predeploy/index.ts'
import { connectionTo, projectOf, SHOP } from './project.ts'

let server: RunningEngine
let url = ''
const authorities = { own: '', other: '' }

beforeAll(async () => {
  const [own, other] = [await authority('Of the server'), await authority('Of somebody else')]
  Object.assign(authorities, { own: own.certificate, other: other.certificate })
  const { certificate, key } = await certificateFor(['127.0.0.1'], own)
  server = await referenceServer({
    settings: { ssl: 'on', ssl_cert_file: '../server.crt', ssl_key_file: '../server.key' },
    files: { 'server.crt': certificate, 'server.key': key },
  })
  url = (await server.open({ holds: 'platform' })).url ?? ''
})

afterAll(() => server.stop())

const trusting = async (whom: string): Promise<Connection> => ({
  ...(await connectionTo(url)),
  tls: { kind: 'verified', authorities: [whom] },
})

test('a server whose authority is trusted is pushed to, over TLS', async () => {
  const project = projectOf({
    ...SHOP,
    '20250101000003_way.sql':
      'create table public.way as select version from pg_stat_ssl where pid = pg_backend_pid();\n',
  })
  const connection = await trusting(authorities.own)
  expect(await runCli(['db', 'push', '--yes'], connection, { workdir: project.root })).toMatchObject({
    exitCode: 0,
  })
  const session = await connectRemote(connection)
  expect(await session.query('select version from public.way')).toEqual([{ version: 'TLSv1.3' }])
  await session.close()
})

test('a server of another authority is not pushed to', async () => {
  const project = projectOf({ ...SHOP, '20250101000004_more.sql': 'select 1;\n' })
  const { exitCode, output } = await runCli(['db', 'push', '--yes'], await trusting(authorities.other), {
    workdir: project.root,
  })
  expect({ exitCode, said: /tls error \(unable to verify/.test(output) }).toEqual({ exitCode: 1, said: true })
})
