import { lookAtScreens } from "./look-at-screens.ts";

// The two that differ most; the others are in the slower set.
lookAtScreens([
  { theme: "light", width: 1280 },
  { theme: "dark", width: 375 },
]);
