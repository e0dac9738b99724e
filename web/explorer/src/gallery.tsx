import { useState } from "react";

import type { Picture } from "./pictures";

function Figure({ picture }: { readonly picture: Picture }) {
  const [failed, setFailed] = useState(false);
  return (
    <figure className="gallery-figure">
      <figcaption>
        <code>{picture.path}</code>
        <a href={picture.url} target="_blank" rel="noreferrer">
          Open full size
        </a>
      </figcaption>
      {failed ? (
        <p className="gallery-failed">This picture could not be loaded; its link may have expired. Run the query again.</p>
      ) : (
        <div className="gallery-scroll">
          <img src={picture.url} alt={`Drawing at ${picture.path}`} onError={() => setFailed(true)} />
        </div>
      )}
    </figure>
  );
}

/** Shows the drawings that the last response points to, wide enough to read, scrolling both ways. */
export function Gallery({ pictures }: { readonly pictures: readonly Picture[] }) {
  return (
    <section className="gallery" aria-label="Pictures in the response">
      {pictures.map((picture) => (
        <Figure key={`${picture.path} ${picture.url}`} picture={picture} />
      ))}
    </section>
  );
}
