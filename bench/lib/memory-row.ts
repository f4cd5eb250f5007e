/** Memory of one run: its forecast, its measured peak, and their ratio. */
export interface MemoryRow {
  scale: string;
  forecastBytes: number;
  peakBytes: number;
  /** Forecast / measurement. */
  ratio: number;
}
