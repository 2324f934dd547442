import { serverAccount } from '../account.ts'
import { type EngineKind, leftTo17 } from '../engine.ts'
import { connectSession, during } from '../pg-session.ts'
import { whyNoPooler } from '../pooler/pooler.ts'
import type { Mode } from '../server/databases.ts'
import { remainsOfFolder } from '../server/remains.ts'
import { asAdmin, setPassword } from '../server/server-address.ts'
import { serverKind } from '../server/server-kind.ts'
import { type Major, whyNotInstalled } from './binaries.ts'
import { putCluster } from './cluster.ts'
import { keptFolder } from './kept-folder.ts'
import type { Locale } from './locale.ts'
import { placeOf, startServer } from './server.ts'

const VIEWS_OF_15 =
  'not applicable: PostgreSQL 15 prints the table before every column of a view, later majors only where needed'

/** Why another engine answers for this one. */
const SAME_SERVER = 'it is the same server'
const BETWEEN = 'no version between 15 and 17 is known to answer otherwise than both'

/** Who waits for whom, by chance and at length; in a known order it is asked everywhere. */
const RACES = {
  specs: ['races/', 'retention/prune-usage.race', 'rollups/fold-usage.race', 'traps/check-and-increment'],
  but: ['races/in-order'],
}

const OF_MAJORS = [
  { engine: 'embedded-17', because: 'every major takes the same locks', ...RACES },
  {
    engine: 'embedded-17',
    because: 'a verb prints the same of every server',
    specs: ['verification/verb'],
  },
  {
    engine: 'embedded-17',
    because: 'every major calculates alike, and each is asked for examples',
    specs: [
      ...['calculations/estimates', 'calculations/random-', 'prices/random-', 'quotas/random-'],
      ...['rollups/random-', 'usage/random-', 'views/random-'],
    ],
  },
]
/** The newest major adopts what 15 and 17 adopt alike. */
const ADOPTS = {
  engine: 'embedded-17',
  because: 'PostgreSQL 15 and 17 adopt alike',
  specs: ['migrations/adoption'],
}

const POOLED =
  'not applicable: a transaction-mode pooler gives each transaction whichever process of the server is free'

/** How an embedded server is used, where it is not used plainly. */
export interface Variant {
  readonly suffix: string
  readonly mode?: Mode
  readonly pooled?: boolean
  readonly locale?: Locale
}

/** Real PostgreSQL of one major, from npm: a server of our own, in memory where the machine allows it. */
export function embedded(major: Major, variant?: Variant): EngineKind {
  return serverKind({
    name: `embedded-${major}${variant ? `-${variant.suffix}` : ''}`,
    lacks: {
      ...(major === 15 ? { 'golden-text': VIEWS_OF_15 } : {}),
      ...(variant?.pooled ? { 'own-backend': POOLED } : {}),
    },
    ...(variant
      ? {
          answeredBy: [
            {
              engine: `embedded-${major}`,
              because: SAME_SERVER,
              ...(variant.pooled ? { but: ['engines/agreement', 'verification/'] } : {}),
            },
          ],
        }
      : {}),
    ...(major === 16 ? { answeredBy: [{ engine: 'embedded-17', because: BETWEEN }] } : {}),
    ...(major === 15 ? { answeredBy: OF_MAJORS } : {}),
    ...(major === 18 ? { answeredBy: [...OF_MAJORS, ADOPTS] } : {}),
    ...(major === 17 && !variant ? {} : { leaves: leftTo17 }),
    whyNot: async () => whyNotInstalled(major) ?? (variant?.pooled ? whyNoPooler() : undefined),
    ...(variant?.mode ? { mode: variant.mode } : {}),
    ...(variant?.pooled ? { pooled: variant.pooled } : {}),
    remains: remainsOfFolder,
    async launch({ keepIn, ...options }) {
      const account = serverAccount()
      const kept = keepIn === undefined ? undefined : keptFolder(keepIn, major, account)
      const locale = variant?.locale ?? 'bytes'
      const regime = variant?.mode?.regime ?? 'closed'
      // What the Supabase CLI applies is applied in every run: it is on trial there, too.
      const holds = variant?.mode?.appliedBy === 'cli' ? 'platform' : 'migrations'
      const server = await startServer(major, {
        ...options,
        account,
        data: kept?.data,
        cluster: (data) => putCluster(data, { major, locale, regime, holds, account }),
        locale,
      })
      const { socketDirectory: folder, stop } = server
      const place = placeOf(server, kept?.password)
      await during(connectSession(asAdmin(place)), (session) => setPassword(session, place)).catch(
        async (error: unknown) => {
          await stop()
          throw error
        },
      )
      return { place, trace: folder, folder, stop }
    },
  })
}
