import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./style.css";

import { createRoot } from "react-dom/client";

import { App } from "./app";
import { loadConfig } from "./config";

const place = document.getElementById("root");
if (place === null) throw new Error("The page has no root element.");
const root = createRoot(place);

loadConfig().then(
  (config) => root.render(<App config={config} />),
  (error: unknown) =>
    root.render(
      <p className="page-failed" role="alert">
        The explorer could not start. {error instanceof Error ? error.message : String(error)} Reload the page to try
        again.
      </p>,
    ),
);
