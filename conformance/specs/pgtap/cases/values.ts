import { bool, type Call, call, numeric, regtype, text, value } from '../call.ts'

const patterns = ['matches', 'imatches', 'doesnt_match', 'doesnt_imatch']
const likes = ['alike', 'ialike', 'unalike', 'unialike']

export const values: readonly Call[] = [
  call('ok', bool('true'), text('a description')),
  call('ok', bool('false'), text('a description')),
  call('ok', bool(null), text('a description')),
  call('ok', bool('true')),
  call('ok', bool('false')),
  call('pass', text('a description')),
  call('pass'),
  call('fail', text('a description')),
  call('fail'),
  ...['is', 'isnt'].flatMap((claim) => [
    call(claim, numeric('1.0'), numeric('1.00'), text('a description')),
    call(claim, numeric('1'), numeric('2')),
    call(claim, text('one'), text('two')),
    call(claim, text('two lines\nhere'), text('two lines\nthere'), text('more')),
    call(claim, value('integer[]', ['1', '2']), value('integer[]', ['1', '2'])),
    call(claim, value('integer', null), value('integer', null)),
    call(claim, value('integer', null), value('integer', '1')),
    call(claim, value('interval', '1 day'), value('interval', '24:00:00')),
    call(claim, value('jsonb', '{"a": 1}'), value('jsonb', '{"a":1.0}')),
    call(claim, value('double precision', 'NaN'), value('double precision', 'NaN')),
    call(claim, value('zoo.mood', 'calm'), value('zoo.mood', 'hungry')),
    call(claim, value('zoo.place', '(1,2)'), value('zoo.place', '(1,3)')),
  ]),
  ...patterns.flatMap((claim) => [
    call(claim, text('foo bar'), text('^foo'), text('a description')),
    call(claim, text('Foo bar'), text('^foo')),
    call(claim, text("it's"), text('\\d+')),
    call(claim, text(null), text('x')),
    call(claim, value('character varying', 'foo'), text('fo*')),
  ]),
  ...likes.flatMap((claim) => [
    call(claim, text('foo bar'), text('foo%'), text('a description')),
    call(claim, text('Foo bar'), text('foo%')),
    call(claim, text("it's"), text('_%x')),
    call(claim, text(null), text('x')),
  ]),
  call('cmp_ok', value('integer', '1'), text('<'), value('integer', '2'), text('a description')),
  call('cmp_ok', value('integer', '2'), text('<'), value('integer', '1')),
  call('cmp_ok', value('integer', null), text('='), value('integer', '1')),
  call('cmp_ok', value('int4range', '[1,5)'), text('&&'), value('int4range', '[4,9)')),
  call('cmp_ok', text("it's"), text('~~'), text('x%'), text('a description')),
  call('isa_ok', value('integer', '1'), regtype('integer'), text('a number')),
  call('isa_ok', value('integer', '1'), regtype('text'), text('a number')),
  call('isa_ok', value('zoo.mood', 'calm'), regtype('zoo.mood')),
  call('isa_ok', value('numeric', '1'), regtype('bigint')),
]
