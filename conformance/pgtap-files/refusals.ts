const ONE_CONNECTION = 'a file has one connection, to the database that was made for it'
const NO_PROGRAMS = 'no program and no other file is run or written'
const FOR_PEOPLE = 'it prints a table for people'

/** Why a command is not done, by name. */
const reasons: Readonly<Record<string, string>> = {
  c: ONE_CONNECTION,
  connect: ONE_CONNECTION,
  password: ONE_CONNECTION,
  '!': NO_PROGRAMS,
  setenv: NO_PROGRAMS,
  getenv: 'give the variable with --set NAME=VALUE',
  prompt: 'nobody is there to answer; give the variable with --set NAME=VALUE',
  cd: '\\ir finds a file beside the one that names it',
  echo: 'with -n it would print half a line',
  qecho: 'with -n it would print half a line',
  g: NO_PROGRAMS,
  o: NO_PROGRAMS,
  out: NO_PROGRAMS,
  w: NO_PROGRAMS,
  write: NO_PROGRAMS,
  e: NO_PROGRAMS,
  edit: NO_PROGRAMS,
  gx: FOR_PEOPLE,
  gdesc: FOR_PEOPLE,
  crosstabview: FOR_PEOPLE,
  watch: 'it would run for ever',
  t: 'rows are always printed unaligned and without headers: anything else is no TAP',
  x: 'rows are always printed unaligned and without headers: anything else is no TAP',
  H: 'rows are always printed unaligned and without headers: anything else is no TAP',
  pset: 'rows are always printed unaligned and without headers: anything else is no TAP',
}

/** One sentence: what is not done, and why. */
export function refusalOf(name: string, given: readonly string[]): string {
  const reason =
    reasons[name] ?? (/^[dlz]/.test(name) ? FOR_PEOPLE : 'it is none of the commands that are understood')
  return `\\${[name, ...given].join(' ')} is not done here: ${reason}.`
}
