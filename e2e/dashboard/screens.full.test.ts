import { lookAtScreens } from "./look-at-screens.ts";

lookAtScreens([
  { theme: "light", width: 1280 },
  { theme: "dark", width: 1280 },
  { theme: "light", width: 375 },
  { theme: "dark", width: 375 },
]);
