// What Piscina has each thread load, as one CommonJS file: a thread that loads ES modules starts later. tsc makes this one
// of it, which does load them; setup/bundle.mjs puts all of the program's code for threads into its place.
exports.runJob = import('./segment-worker.js').then(({ runJob }) => runJob);
