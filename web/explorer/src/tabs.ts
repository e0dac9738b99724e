import acknowledgeAlert from "./operations/acknowledge-alert.graphql?raw";
import alertFeed from "./operations/alert-feed.graphql?raw";
import beginEcgUpload from "./operations/begin-ecg-upload.graphql?raw";
import completeEcgUpload from "./operations/complete-ecg-upload.graphql?raw";
import ecgStrip from "./operations/ecg-strip.graphql?raw";
import patientTrend from "./operations/patient-trend.graphql?raw";
import patients from "./operations/patients.graphql?raw";
import readings from "./operations/readings.graphql?raw";
import recordVitals from "./operations/record-vitals.graphql?raw";
import worklist from "./operations/worklist.graphql?raw";

export interface ReadyTab {
  readonly query: string;
  readonly variables: string;
}

function tab(query: string, variables: Record<string, unknown>): ReadyTab {
  return { query: query.trim(), variables: JSON.stringify(variables, null, 2) };
}

/** The operations that a newcomer finds open, filled in for the demonstration patient. */
export function readyTabs(patientId: string | null, now: Date): ReadyTab[] {
  const patient = patientId ?? "";
  const at = now.toISOString();
  return [
    tab(worklist, { first: 20 }),
    tab(patients, { first: 20, search: null }),
    tab(patientTrend, { patientId: patient }),
    tab(readings, { patientId: patient, kind: "BLOOD_PRESSURE", first: 20 }),
    tab(recordVitals, {
      input: {
        patientId: patient,
        readings: [
          {
            clientId: uuid(),
            measuredAt: at,
            source: "DEVICE",
            value: { bloodPressure: { systolic: 186, diastolic: 112, pulse: 88 } },
          },
        ],
      },
    }),
    tab(alertFeed, { after: null }),
    tab(acknowledgeAlert, { input: { id: "", version: 1 } }),
    tab(beginEcgUpload, {
      input: { patientId: patient, recordedAt: at, format: "JSON", device: "Explorer", sizeBytes: 0, sha256: "" },
    }),
    tab(completeEcgUpload, { input: { id: "" } }),
    tab(ecgStrip, { id: "" }),
  ];
}

/** A random version 4 UUID; crypto.randomUUID is missing on pages served over plain HTTP from another machine. */
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
