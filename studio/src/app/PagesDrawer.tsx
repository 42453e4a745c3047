import {
  Button,
  DrawerBody,
  DrawerHeader,
  DrawerHeaderTitle,
  OverlayDrawer,
} from "@fluentui/react-components";
import { DismissRegular } from "@fluentui/react-icons";
import { useTranslation } from "react-i18next";
import { NavLinks } from "@/app/NavLinks";

interface Props {
  readonly open: boolean;
  readonly setOpen: (open: boolean) => void;
}

/** The pages, over the page. */
export default function PagesDrawer({ open, setOpen }: Props) {
  const { t } = useTranslation();
  const close = () => setOpen(false);
  return (
    <OverlayDrawer open={open} onOpenChange={(_, data) => setOpen(data.open)} size="small">
      <DrawerHeader>
        <DrawerHeaderTitle
          action={
            <Button
              appearance="subtle"
              icon={<DismissRegular />}
              aria-label={t("close")}
              onClick={close}
            />
          }
        >
          Studiolo
        </DrawerHeaderTitle>
      </DrawerHeader>
      <DrawerBody>
        <nav aria-label={t("pages")}>
          <NavLinks onGo={close} />
        </nav>
      </DrawerBody>
    </OverlayDrawer>
  );
}
