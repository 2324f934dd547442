/** In which order claims look for a fault: the likely ones first. */
import type { Kind, Mutant } from './mutant.ts'
import { type Objects, reachOf } from './reach.ts'
import type { ClaimName, Recorded } from './warm/messages.ts'

/** Kinds that are read from the catalog rather than met by using an object. */
const READ = new Set<Kind>([
  'policy dropped',
  'policy opened',
  'policy roles',
  'row level security',
  'grant added',
  'grant removed',
  'view option',
  'function rights',
  'search path',
  'volatility',
  'parallel',
  'default',
  'not null',
  'check',
  'unique',
  'foreign key',
  'index',
  'trigger',
])

interface Looking {
  readonly claim: Recorded
  readonly reach: ReadonlySet<string>
  readonly words: ReadonlySet<string>
  readonly steps: ReadonlySet<number>
  readonly readsCatalog: boolean
}

/** Knows which claims see what, and learns which notice what. */
export class Schedule {
  readonly #claims: readonly Looking[]
  readonly #noticed = new Map<string, number>()

  readonly #stepOf: (mutant: Mutant) => number | undefined

  constructor(claims: readonly Recorded[], objects: Objects, stepOf: (mutant: Mutant) => number | undefined) {
    this.#stepOf = stepOf
    this.#claims = claims.map((claim) => {
      const words = new Set(claim.words)
      const readsCatalog = claim.words.some((word) =>
        /^(pg_(catalog|class|proc|policy|policies|attribute|constraint|trigger|index|indexes)|has_\w+_privilege|aclexplode|information_schema)$/.test(
          word,
        ),
      )
      return { claim, reach: reachOf(claim, objects), words, readsCatalog, steps: new Set(claim.steps) }
    })
  }

  /** Learns that a claim has noticed a fault. */
  learn({ object, kind }: Mutant, by: ClaimName): void {
    const claim = `${by.file}\0${by.name}`
    for (const key of [`${object}\0${kind}`, object, kind]) {
      for (const at of [`${key}\0${claim}`, `${key}\0${by.file}`])
        this.#noticed.set(at, (this.#noticed.get(at) ?? 0) + 1)
    }
  }

  /** The claims that can see a fault, the likely ones first, as many as `budgetMs` allows; those that read the catalog in any case. */
  claimsFor(mutant: Mutant, budgetMs: number, isWanted: (claim: Recorded) => boolean): Recorded[] {
    const names = namesOf(mutant)
    const isRead = READ.has(mutant.kind)
    const step = isRead ? undefined : this.#stepOf(mutant)
    const seeing = this.#claims.filter(({ claim, reach, readsCatalog, steps }) => {
      if (!isWanted(claim)) return false
      if (step !== undefined) return steps.has(step)
      return (isRead && readsCatalog) || names.some((name) => reach.has(name))
    })
    const ranked = seeing
      .map((looking) => ({ looking, rank: this.#rank(mutant, names, isRead, looking) }))
      .sort((a, b) => b.rank - a.rank || a.looking.claim.ms - b.looking.claim.ms)
    let spent = 0
    return ranked.flatMap(({ looking: { claim, readsCatalog } }) => {
      // What is read from the catalog is seen by few claims, and by some of them only: none of these is left out.
      if (isRead && readsCatalog) return [claim]
      spent += claim.ms
      return spent <= budgetMs ? [claim] : []
    })
  }

  #rank(
    mutant: Mutant,
    names: readonly string[],
    isRead: boolean,
    { claim, words, readsCatalog, reach }: Looking,
  ): number {
    const noticed = (key: string) => this.#noticed.get(`${key}\0${claim.file}\0${claim.name}`) ?? 0
    const direct = names.some((name) => words.has(name)) ? 3 : 0
    const likewise = (key: string) => Math.log2(1 + (this.#noticed.get(`${key}\0${claim.file}`) ?? 0))
    const named = names.some((name) => claim.name.includes(name)) ? 3 : 0
    const reads = isRead && readsCatalog ? 4 : 0
    const value =
      8 * Math.log2(1 + noticed(`${mutant.object}\0${mutant.kind}`)) +
      3 * Math.log2(1 + noticed(mutant.object)) +
      (isRead ? 3 : 0.5) * Math.log2(1 + noticed(mutant.kind)) +
      (isRead ? 1.5 : 0.5) * likewise(mutant.kind) +
      likewise(mutant.object) +
      direct +
      named +
      reads -
      0.02 * reach.size
    return value - Math.log2(1 + claim.ms / 30)
  }
}

/** The bare names of what is changed. */
function namesOf({ object }: Mutant): string[] {
  if (object.startsWith('seed of '))
    return ['model_pricing', 'e2b_pricing', 'model_pricing_components', 'model_aliases']
  const name = object.replace(/^(policy \S+ on|\w+) /, '')
  return [name.split('.').at(-1) ?? name]
}

/** Claims in their order, those of one file that follow the first few together: so each file is loaded few times. */
export function grouped(claims: readonly Recorded[], first = 8): { file: string; names: string[] }[] {
  const groups: { file: string; names: string[] }[] = []
  const add = (part: readonly Recorded[]) => {
    const byFile = new Map<string, string[]>()
    for (const { file, name } of part) byFile.set(file, [...(byFile.get(file) ?? []), name])
    for (const [file, names] of byFile) groups.push({ file, names })
  }
  add(claims.slice(0, first))
  for (let from = first; from < claims.length; from += 60) add(claims.slice(from, from + 60))
  return groups
}
