#!/usr/bin/env node
// One CommonJS file, as Node starts it soonest. tsc makes this one of it, which loads the program as ES modules;
// setup/bundle.mjs puts all of the program into its place.
void import('./program.js').then(({ main }) => main());
