/** The oldest Node that runs omiforge; `engines` in package.json says the same. */
const oldest = { major: 20, minor: 19 };

/**
 * @param {string} version as in `process.versions.node`
 * @returns {string | undefined} what is wrong with it, or undefined when it will do
 */
export function nodeVersionProblem(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return undefined;
  return `this is Node ${version}, omiforge needs ${oldest.major}.${oldest.minor} or newer; install one from https://nodejs.org/en/download`;
}
