/** Imports were seen to wait in the queue for more than an hour before they read the first byte. */
export const riskyLifeMs = 2 * 3_600_000;
