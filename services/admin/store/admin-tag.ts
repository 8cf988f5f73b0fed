/** Hash tag of everything that Admin keeps. */
export const adminTag = "admin";
