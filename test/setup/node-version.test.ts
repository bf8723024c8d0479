import test from 'ava';
import { nodeVersionProblem } from '../../setup/node-version.mjs';

for (const version of ['20.19.0', '20.20.2', '21.0.0', '22.1.0', '100.0.0']) {
  test(`Node ${version} will do`, (t) => {
    t.is(nodeVersionProblem(version), undefined);
  });
}

for (const version of ['20.18.9', '20.9.0', '18.20.0', '9.99.0']) {
  test(`Node ${version} is too old, and the message says so on one line`, (t) => {
    const problem = nodeVersionProblem(version) ?? '';
    t.regex(problem, new RegExp(`this is Node ${version}, omiforge needs 20\\.19 or newer`));
    t.notRegex(problem, /\n/);
  });
}
