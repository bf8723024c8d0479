import { ForgeError } from '../errors.js';
import { removeTemporaryFilesNow } from '../files/present-files.js';
import { printError } from './output.js';

/**
 * Makes it a failure when the process ends before it was told that the work is over: Node ends without a word, and with
 * status 0, when nothing is left that could settle an await.
 *
 * @param operation tells what was being done
 * @returns what to call when the work is over
 */
export function failUnlessOver(operation: () => string): () => void {
  const onExit = () => {
    removeTemporaryFilesNow();
    printError(operation(), new ForgeError('INTERNAL', 'has ended before its work was done'));
    process.exitCode = 1;
  };
  process.once('exit', onExit);
  return () => process.removeListener('exit', onExit);
}
