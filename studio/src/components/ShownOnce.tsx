import {
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { CopyButton } from "@/components/CopyButton";

const useStyles = makeStyles({
  secret: {
    fontFamily: tokens.fontFamilyMonospace,
    display: "block",
    overflowWrap: "anywhere",
    marginBlock: tokens.spacingVerticalS,
  },
});

/** A secret that is shown this once, to be copied now. */
export function ShownOnce({ title, text }: { readonly title: string; readonly text: string }) {
  const styles = useStyles();
  return (
    <MessageBar intent="success" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{title}</MessageBarTitle>
        <span className={styles.secret}>{text}</span>
        <CopyButton text={text} />
      </MessageBarBody>
    </MessageBar>
  );
}
