import { lookAtScreens } from "./look-at-screens.ts";

lookAtScreens([
  { theme: "dark", width: 1280 },
  { theme: "light", width: 375 },
]);
