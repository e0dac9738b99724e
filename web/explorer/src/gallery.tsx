import { useRef, useState } from "react";

import type { Picture } from "./pictures";

function Figure({ picture }: { readonly picture: Picture }) {
  const [failed, setFailed] = useState(false);
  const enlarged = useRef<HTMLDialogElement>(null);
  const name = `Drawing at ${picture.path}`;
  return (
    <figure className="gallery-figure">
      <figcaption>
        <code>{picture.path}</code>
        <a href={picture.url} target="_blank" rel="noreferrer">
          Open in a new tab
        </a>
      </figcaption>
      {failed ? (
        <p className="gallery-failed">
          This picture could not be loaded; its link may have expired. Run the query again.
        </p>
      ) : (
        <button
          type="button"
          className="gallery-picture"
          title="Enlarge"
          onClick={() => enlarged.current?.showModal()}
        >
          <img src={picture.url} alt={name} onError={() => setFailed(true)} />
        </button>
      )}
      <dialog ref={enlarged} className="enlarged" aria-label={name}>
        <form method="dialog">
          <code>{picture.path}</code>
          <button>Close</button>
        </form>
        <div className="enlarged-scroll">
          <img src={picture.url} alt={name} />
        </div>
      </dialog>
    </figure>
  );
}

/** Shows the drawings that the visible response points to: whole, and in their true size on demand. */
export function Gallery({ pictures }: { readonly pictures: readonly Picture[] }) {
  return (
    <section className="gallery" aria-label="Pictures in the response">
      {pictures.map((picture) => (
        <Figure key={picture.url} picture={picture} />
      ))}
    </section>
  );
}
