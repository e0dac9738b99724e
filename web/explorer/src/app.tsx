import { DOC_EXPLORER_PLUGIN } from "@graphiql/plugin-doc-explorer";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { GraphiQL } from "graphiql";
import { useMemo } from "react";

import { Bar } from "./bar";
import { Below } from "./below";
import type { ExplorerConfig } from "./config";
import { createFetcher } from "./fetcher";
import { lastTab, sessionMemory } from "./memory";
import { Session } from "./session";
import { SomeoneElse } from "./someone-else";
import { readyTabs } from "./tabs";
import { Type } from "./type";

const PLUGINS = [HISTORY_PLUGIN, explorerPlugin()];

/** The whole page: the bar, GraphiQL, and what stands below the response. */
export function App({ config }: { readonly config: ExplorerConfig }) {
  const fixed = useMemo(() => {
    const session = new Session(config.signInUrl);
    const storage = sessionMemory(config.patientId);
    const tabs = readyTabs(config.patientId, new Date());
    return { session, storage, tabs, first: lastTab(storage) ?? tabs[0], fetcher: createFetcher(session) };
  }, [config]);

  return (
    <div className="page">
      <Bar config={config} session={fixed.session} />
      <GraphiQL
        fetcher={fixed.fetcher}
        storage={fixed.storage}
        defaultTabs={fixed.tabs}
        initialQuery={fixed.first?.query ?? ""}
        initialVariables={fixed.first?.variables ?? ""}
        plugins={PLUGINS}
        referencePlugin={DOC_EXPLORER_PLUGIN}
        isHeadersEditorEnabled={false}
        defaultEditorToolsVisibility="variables"
        shouldPersistHeaders={false}
        showPersistHeadersSettings={false}
        defaultTheme="light"
      >
        <GraphiQL.Logo>{null}</GraphiQL.Logo>
        <GraphiQL.Footer>
          <Below session={fixed.session} />
          <SomeoneElse session={fixed.session} />
          <Type />
        </GraphiQL.Footer>
      </GraphiQL>
    </div>
  );
}
