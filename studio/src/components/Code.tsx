import { makeStyles, tokens } from "@fluentui/react-components";

const useStyles = makeStyles({
  root: {
    margin: 0,
    padding: tokens.spacingHorizontalM,
    overflow: "auto",
    maxHeight: "60vh",
    backgroundColor: tokens.colorNeutralBackground3,
    borderRadius: tokens.borderRadiusMedium,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
  },
});

/** Text for a machine, to look at and copy. */
export function Code({ children, label }: { readonly children: string; readonly label: string }) {
  return (
    // A person with a keyboard must be able to scroll it.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: as above
    <pre className={useStyles().root} tabIndex={0} role="region" aria-label={label}>
      {children}
    </pre>
  );
}
