import { Tab, TabList } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { clientsQuery, peopleQuery } from "@/api/people";
import { ErrorMessage } from "@/components/ErrorMessage";
import { PageHeader } from "@/components/PageHeader";
import { Assignments } from "@/features/access/Assignments";
import { People } from "@/features/access/People";
import { Roles } from "@/features/access/Roles";

/** Who may do what in this workspace, and, for administrators, who there is. */
export function Page() {
  const { t } = useTranslation("access");
  const [query, setQuery] = useSearchParams();
  const people = useQuery(peopleQuery);
  // Who may not list people may not list these: one refusal is enough.
  const clients = useQuery({ ...clientsQuery, enabled: people.isSuccess });
  const tab = query.get("tab") ?? "assignments";
  return (
    <>
      <PageHeader title={t("title")} text={t("text")} />
      <TabList
        selectedValue={tab}
        onTabSelect={(_, { value }) => setQuery({ tab: String(value) }, { replace: true })}
        style={{ marginInlineStart: -12, marginBottom: 20 }}
      >
        <Tab value="assignments">{t("tabs.assignments")}</Tab>
        <Tab value="roles">{t("tabs.roles")}</Tab>
        {people.data && <Tab value="people">{t("tabs.people")}</Tab>}
      </TabList>
      {tab === "assignments" && (
        <Assignments people={[...(people.data ?? []), ...(clients.data ?? [])]} />
      )}
      {tab === "roles" && <Roles />}
      {clients.isError && <ErrorMessage error={clients.error} retry={clients.refetch} />}
      {tab === "people" && people.data && (
        <People people={people.data} clients={clients.data ?? []} />
      )}
    </>
  );
}
