import { pick, useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";

/** Sets the editors so that comments are read whole and a small laptop shows a whole operation. */
export function Type(): null {
  const { queryEditor, variableEditor, responseEditor } = useGraphiQL(
    pick("queryEditor", "variableEditor", "responseEditor"),
  );
  useEffect(() => {
    for (const editor of [queryEditor, variableEditor, responseEditor]) {
      editor?.updateOptions({ fontSize: 13, lineHeight: 19, wordWrap: "on" });
    }
  }, [queryEditor, variableEditor, responseEditor]);
  return null;
}
