import test from 'ava';
import { atMost, judge, memoryGoalBytes, timeRatio } from '../../bench/record/goals.js';
import { contender } from './example-record.js';

const mebibyte = 2 ** 20;

test('a limit is written as people write it', (t) => {
  t.is(atMost('1/4').most, 0.25);
  t.is(atMost('1.03').most, 1.03);
  t.is(atMost('1/6').text, '1/6');
});

test('times are compared by their medians, so that one bad round decides nothing', (t) => {
  const contenders = [contender('ours', [100, 9000, 110]), contender('rival', [400, 440, 1])];
  t.is(timeRatio(contenders, {}), 110 / 400);
  const [verdict] = judge({ time: atMost('0.275') }, contenders);
  t.deepEqual(verdict, { goal: 'time', measured: 0.275, limit: atMost('0.275'), isMet: true });
  t.false(judge({ time: atMost('0.274') }, contenders)[0]?.isMet);
});

test('what is allowed on top is the time of the third contender', (t) => {
  const contenders = [contender('huge', [500]), contender('small', [200]), contender('writing', [200])];
  t.is(timeRatio(contenders, { time: atMost('1.5'), timeOnTop: 'third contender' }), 1.5);
  t.is(timeRatio(contenders, { time: atMost('1.5') }), 2.5);
});

test('sizes are judged to the byte, lengths and rooms on the disk apart', (t) => {
  const ours = contender('ours', [1], { output: { sizeBytes: 1_000_001, allocatedBytes: 500_000 } });
  const rival = contender('rival', [1], { output: { sizeBytes: 1_000_000, allocatedBytes: 500_000 } });
  const verdicts = judge({ size: atMost('1.00'), allocated: atMost('1.00') }, [ours, rival]);
  t.deepEqual(
    verdicts.map(({ goal, isMet }) => [goal, isMet]),
    [
      ['size', false],
      ['allocated', true],
    ],
  );
});

test('memory is judged by the worst round, and only ours', (t) => {
  const ours = contender('ours', [1, 1]);
  const [first = { wallMs: 1, cpuMs: 1, peakBytes: 1 }] = ours.runs;
  const peaking = { ...ours, runs: [first, { ...first, peakBytes: 301 * mebibyte }] };
  const rival = contender('rival', [1, 1], { peakBytes: 900 * mebibyte });
  const goals = { peakBytes: 300 * mebibyte };
  t.deepEqual(
    [judge(goals, [ours, rival]), judge(goals, [peaking, rival])].map(([verdict]) => verdict?.isMet),
    [true, false],
  );
});

test('a scenario without output has nothing to judge of it', (t) => {
  const contenders = [contender('ours', [1], { output: undefined }), contender('rival', [1])];
  t.deepEqual(judge({ size: atMost('1.00') }, contenders), []);
});

test('memory may grow with the workers from the third on', (t) => {
  t.deepEqual(
    [1, 2, 3, 16].map((workers) => memoryGoalBytes(workers) / mebibyte),
    [300, 300, 330, 720],
  );
});
