/** Every string of the studio in English, by namespace. */
import access from "./access.json";
import activity from "./activity.json";
import common from "./common.json";
import compute from "./compute.json";
import create from "./create.json";
import details from "./details.json";
import notebooks from "./notebooks.json";
import quota from "./quota.json";
import schedules from "./schedules.json";
import settings from "./settings.json";
import terminal from "./terminal.json";
import welcome from "./welcome.json";
import workspaces from "./workspaces.json";

export const en = {
  access,
  activity,
  common,
  compute,
  create,
  details,
  notebooks,
  quota,
  schedules,
  settings,
  terminal,
  welcome,
  workspaces,
};
