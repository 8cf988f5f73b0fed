/** Action of the entry that tells of an erasure of personal data. */
export const eraseAction = "audit.erase";
