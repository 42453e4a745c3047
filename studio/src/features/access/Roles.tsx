import {
  Accordion,
  AccordionHeader,
  AccordionItem,
  AccordionPanel,
  makeStyles,
  Text,
  tokens,
} from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type Role, rolesQuery } from "@/api/access";
import { ErrorMessage } from "@/components/ErrorMessage";
import { Loading } from "@/components/Loading";

const useStyles = makeStyles({
  actions: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    margin: 0,
    paddingInlineStart: tokens.spacingHorizontalL,
    overflowWrap: "anywhere",
  },
  heading: { display: "block", marginTop: tokens.spacingVerticalM },
});

/** What each role allows. */
export function Roles() {
  const roles = useQuery(rolesQuery);
  if (roles.isError) return <ErrorMessage error={roles.error} retry={roles.refetch} />;
  if (!roles.data) return <Loading />;
  return (
    <Accordion multiple collapsible>
      {roles.data.map((role) => (
        <AccordionItem key={role.id} value={role.id}>
          <AccordionHeader expandIconPosition="end">{role.name}</AccordionHeader>
          <AccordionPanel>
            <Text block>{role.description}</Text>
            <Actions role={role} />
          </AccordionPanel>
        </AccordionItem>
      ))}
    </Accordion>
  );
}

/** What a role allows, and what of that it does not. */
function Actions({ role }: { readonly role: Role }) {
  const styles = useStyles();
  const { t } = useTranslation("access");
  const parts = [
    [t("allows"), role.actions],
    [t("butNot"), role.notActions],
  ] as const;
  return parts.map(
    ([heading, actions]) =>
      actions.length > 0 && (
        <div key={heading}>
          <Text weight="semibold" className={styles.heading}>
            {heading}
          </Text>
          <ul className={styles.actions}>
            {actions.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </div>
      ),
  );
}
