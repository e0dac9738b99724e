import { DOC_EXPLORER_PLUGIN } from "@graphiql/plugin-doc-explorer";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { GraphiQL } from "graphiql";
import { useMemo, useState } from "react";

import { Bar } from "./bar";
import type { ExplorerConfig } from "./config";
import { createFetcher } from "./fetcher";
import { Gallery } from "./gallery";
import { sessionMemory } from "./memory";
import type { Picture } from "./pictures";
import { Session } from "./session";
import { readyTabs } from "./tabs";

const PLUGINS = [HISTORY_PLUGIN, explorerPlugin()];

/** The whole page: the bar, GraphiQL, and the pictures of the last response. */
export function App({ config }: { readonly config: ExplorerConfig }) {
  const [pictures, setPictures] = useState<readonly Picture[]>([]);
  const fixed = useMemo(() => {
    const session = new Session(config.signInUrl);
    return {
      session,
      fetcher: createFetcher(session, setPictures),
      storage: sessionMemory(config.patientId),
      tabs: readyTabs(config.patientId, new Date()),
    };
  }, [config]);

  return (
    <div className="page">
      <Bar config={config} session={fixed.session} />
      <GraphiQL
        fetcher={fixed.fetcher}
        storage={fixed.storage}
        defaultTabs={fixed.tabs}
        plugins={PLUGINS}
        referencePlugin={DOC_EXPLORER_PLUGIN}
        isHeadersEditorEnabled={false}
        defaultEditorToolsVisibility="variables"
        shouldPersistHeaders={false}
        showPersistHeadersSettings={false}
        defaultTheme="light"
      >
        <GraphiQL.Logo>
          <span className="page-logo">GraphQL</span>
        </GraphiQL.Logo>
        {pictures.length > 0 && (
          <GraphiQL.Footer>
            <Gallery pictures={pictures} />
          </GraphiQL.Footer>
        )}
      </GraphiQL>
    </div>
  );
}
