/** Media query of a narrow screen, where lists become cards and the navigation a drawer. */
export const NARROW = "@media (max-width: 760px)";
