import { Application } from "@hotwired/stimulus";
import autosave from "./autosave_controller.ts";
import blocks from "./blocks_controller.ts";
import clock from "./clock_controller.ts";
import commandPalette from "./command_palette_controller.ts";
import confirmNumber from "./confirm_number_controller.ts";
import copy from "./copy_controller.ts";
import drawer from "./drawer_controller.ts";
import insert from "./insert_controller.ts";
import liveCount from "./live_count_controller.ts";
import menu from "./menu_controller.ts";
import popover from "./popover_controller.ts";
import previews from "./previews_controller.ts";
import progress from "./progress_controller.ts";
import selectAll from "./select_all_controller.ts";
import shortcuts from "./shortcuts_controller.ts";
import sortable from "./sortable_controller.ts";
import tabs from "./tabs_controller.ts";
import undoToast from "./undo_toast_controller.ts";

/** Starts Stimulus with every controller under the name that templates write in `data-controller`. */
export function startControllers(): Application {
  const application = Application.start();
  application.register("autosave", autosave);
  application.register("blocks", blocks);
  application.register("clock", clock);
  application.register("command-palette", commandPalette);
  application.register("confirm-number", confirmNumber);
  application.register("copy", copy);
  application.register("drawer", drawer);
  application.register("insert", insert);
  application.register("live-count", liveCount);
  application.register("menu", menu);
  application.register("popover", popover);
  application.register("previews", previews);
  application.register("progress", progress);
  application.register("select-all", selectAll);
  application.register("shortcuts", shortcuts);
  application.register("sortable", sortable);
  application.register("tabs", tabs);
  application.register("undo-toast", undoToast);
  return application;
}
