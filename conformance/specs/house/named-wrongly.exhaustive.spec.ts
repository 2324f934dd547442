/**
 * What an option names and is not there is said at once, in one sentence: the option, what it was given, and what was expected.
 */
import { expect, test, verb } from '../../harness/index.ts'

test.for([
  [
    'bench-loop',
    ['--base', 'nosuchref'],
    '--base nosuchref is no commit that git knows here: expected a branch,',
  ],
  // It must not reach git as an option of its own.
  ['mutate', ['--since=--help'], '--since --help is no commit that git knows here: expected a branch,'],
  [
    'mutate',
    ['--migrations', '/nope', '--tests', '/nope'],
    '--migrations /nope cannot be read, it is not there: expected a folder of files named *.sql.',
  ],
  ['predeploy', ['--plan', '/tmp'], '--plan /tmp is a folder: expected the name of a file'],
  [
    'predeploy',
    ['--first', '/nope'],
    '--first /nope cannot be read, it is not there: expected a script of SQL.',
  ],
  [
    'predeploy',
    ['--former-specs', 'package.json'],
    '--former-specs package.json cannot be read, it is no folder: expected a folder of pgTAP files.',
  ],
] as const)('%s %j', async ([name, args, says]) => {
  const { exitCode, stdout, stderr } = await verb(name, args)
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(`Could not check: ${says}`)])
})
