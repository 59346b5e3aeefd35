import "./styles/app.css";
import { showWhereWeAre } from "./controllers/current.ts";
import { configureHtmx } from "./controllers/htmx.ts";
import { sendFormsOnce } from "./controllers/once.ts";
import { startControllers } from "./controllers/start.ts";

configureHtmx();
startControllers();
sendFormsOnce();
showWhereWeAre();
