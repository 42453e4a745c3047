import { Button, Skeleton, SkeletonItem } from "@fluentui/react-components";
import { AddRegular, DesktopRegular, SearchRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { computesQuery, type Instance, type Verb } from "@/api/computes";
import { ApiError } from "@/api/errors";
import { useMe } from "@/api/me";
import { pageOf, usePlace } from "@/app/where";
import { Empty } from "@/components/Empty";
import { ErrorMessage } from "@/components/ErrorMessage";
import { PageHeader } from "@/components/PageHeader";
import { ComputeTabs } from "@/features/compute/ComputeTabs";
import { InstanceTable } from "@/features/compute/list/InstanceTable";
import { type Sort, shown } from "@/features/compute/list/selection";
import { Toolbar } from "@/features/compute/list/Toolbar";
import { useActions } from "@/features/compute/list/useActions";
import { useLive } from "@/features/compute/useLive";

/** The workspace's compute instances. */
export function Page() {
  const { t } = useTranslation("compute");
  const place = usePlace();
  const refetchInterval = useLive(place);
  const computes = useQuery({ ...computesQuery(place), refetchInterval });
  return (
    <>
      <PageHeader title={t("title")} text={t("text")}>
        <NewButton />
      </PageHeader>
      <ComputeTabs here="compute" />
      {/* A lost connection is said above the page, and what was read stays. */}
      {computes.isError && (!computes.data || computes.error instanceof ApiError) && (
        <ErrorMessage error={computes.error} retry={computes.refetch} />
      )}
      {computes.isPending && <Waiting />}
      {computes.data?.length === 0 && (
        <Empty icon={<DesktopRegular />} title={t("none.title")} text={t("none.text")}>
          <NewButton />
        </Empty>
      )}
      {computes.data && computes.data.length > 0 && <Instances all={computes.data} />}
    </>
  );
}

function NewButton() {
  const { t } = useTranslation("compute");
  const navigate = useNavigate();
  const place = usePlace();
  return (
    <Button
      appearance="primary"
      icon={<AddRegular />}
      onClick={() => navigate(pageOf(place, "compute", "new"))}
    >
      {t("new")}
    </Button>
  );
}

function Waiting() {
  return (
    <Skeleton aria-busy>
      {[0, 1, 2].map((each) => (
        <SkeletonItem key={each} size={40} style={{ marginBlock: 12 }} />
      ))}
    </Skeleton>
  );
}

function Instances({ all }: { readonly all: readonly Instance[] }) {
  const { t } = useTranslation("compute");
  const me = useMe();
  const { perform, busy } = useActions();
  const [words, setWords] = useState("");
  const [mine, setMine] = useState(false);
  const [sort, setSort] = useState<Sort>({ key: "name", down: false });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const userId = mine ? me.id : null;
  const instances = useMemo(() => shown(all, { words, userId }, sort), [all, words, userId, sort]);
  const chosenOnes = instances.filter((each) => chosen.has(each.id));
  const performAll = async (verb: Verb) => {
    if (await perform(chosenOnes, verb)) setChosen(new Set());
  };
  return (
    <>
      <Toolbar
        chosen={chosenOnes}
        busy={busy}
        perform={(verb) => void performAll(verb)}
        words={words}
        setWords={setWords}
        mine={mine}
        setMine={setMine}
      />
      {instances.length > 0 ? (
        <InstanceTable {...{ instances, sort, setSort, chosen, setChosen }} />
      ) : (
        <Empty icon={<SearchRegular />} title={t("noMatch")} />
      )}
    </>
  );
}
